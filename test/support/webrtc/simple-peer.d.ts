/** The package brings no types: what the test uses of it. */
declare module 'simple-peer' {
  import type { Duplex } from 'node:stream';

  class Peer extends Duplex {
    static readonly WEBRTC_SUPPORT: boolean;
    constructor(options?: {
      readonly initiator?: boolean;
      readonly trickle?: boolean;
      readonly objectMode?: boolean;
      /** The W3C interfaces to use in place of the global ones. */
      readonly wrtc?: object;
    });
    readonly connected: boolean;
    signal(data: unknown): void;
    send(data: string | Uint8Array): void;
  }
  export default Peer;
}

/** The DTLS transport as the W3C shows it. webrtc.html §5.5. */
import type { RTCErrorEvent } from '../events/error-event.ts';
import { defineHandlers, type EventHandler } from '../events/handlers.ts';
import { TypedTarget } from '../events/typed-target.ts';
import { exposeInterface, givenInside, type OnlyInside } from '../idl/interface.ts';
import type { RTCIceTransport } from './ice-transport.ts';

export type RTCDtlsTransportState = 'new' | 'connecting' | 'connected' | 'closed' | 'failed';

/** Where it reads what it shows. */
export interface DtlsTransportSource {
  readonly iceTransport: RTCIceTransport;
  readonly state: RTCDtlsTransportState;
  /** DER, borrowed. */
  remoteCertificates(): readonly Uint8Array[];
}

export interface RTCDtlsTransportEventMap {
  statechange: Event;
  error: RTCErrorEvent;
}

export interface RTCDtlsTransportHandlers {
  onstatechange: EventHandler;
  get onerror(): EventHandler;
  set onerror(handler: EventHandler<RTCErrorEvent>);
}

export class RTCDtlsTransport extends TypedTarget<RTCDtlsTransportEventMap, RTCDtlsTransportHandlers> {
  readonly #source: DtlsTransportSource;

  /** Scripts get theirs from `RTCSctpTransport.transport`. */
  constructor(...given: OnlyInside<DtlsTransportSource>) {
    const source = givenInside(given);
    super();
    this.#source = source;
  }

  get iceTransport(): RTCIceTransport {
    return this.#source.iceTransport;
  }

  get state(): RTCDtlsTransportState {
    return this.#source.state;
  }

  /** DER, the other side's own first. */
  getRemoteCertificates(): ArrayBuffer[] {
    return this.#source.remoteCertificates().map((der) => Uint8Array.from(der).buffer);
  }
}

defineHandlers(RTCDtlsTransport, 'statechange', 'error');
exposeInterface(RTCDtlsTransport);

/** What a server of many clients tells the layer above. */
import type { SocketAddress } from '../base/index.ts';
import type { DtlsConnectionFacts } from './connection-events.ts';
import type { DtlsErrorCode } from './fault.ts';

export type DtlsServerEvent =
  | ({ readonly type: 'connected'; readonly client: SocketAddress } & DtlsConnectionFacts)
  /** The plaintext of one record; given away. */
  | { readonly type: 'data'; readonly client: SocketAddress; readonly bytes: Uint8Array }
  /** `connected`: whether it ever was. Nothing more comes from this client, nor goes to it. */
  | {
      readonly type: 'ended';
      readonly client: SocketAddress;
      readonly connected: boolean;
      readonly why: EndReason;
    };

/**
 * `closed`: by close_notify of either side. `idle`: nothing came for too long. `replaced`: the same address has begun anew.
 */
export type EndReason = 'closed' | 'idle' | 'replaced' | DtlsErrorCode;

/** What a transport tells its session: of ICE, DTLS and SCTP, in the order in which it happened. Plain data. */
import type { DataChannelEvent } from '../datachannel/index.ts';
import type { IceEvent } from '../ice/index.ts';
import type { TransportError } from './session-events.ts';
import type { DtlsTransportState } from './states.ts';

/** As they come out of the association of channels. */
type ChannelEvent = Exclude<DataChannelEvent, { readonly type: 'connected' | 'closed' | 'channel-closed' }>;

export type PeerTransportEvent =
  | Exclude<IceEvent, { readonly type: 'data' }>
  | ChannelEvent
  | {
      readonly type: 'channel-closed';
      readonly channel: number;
      readonly error: TransportError | undefined;
    }
  | {
      readonly type: 'dtls-state';
      readonly state: DtlsTransportState;
      readonly error: TransportError | undefined;
    }
  | { readonly type: 'sctp-state'; readonly state: 'connected' | 'closed' };

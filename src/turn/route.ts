/** Where data goes, decided without touching its bytes: for a shell that moves them in batches. */
import type { SocketAddress } from '../base/index.ts';
import type { Allocation } from './allocation.ts';
import type { Leg } from './leg.ts';
import type { Channel, Peer, Relay, RelayId } from './relay.ts';

/**
 * Out by `relay` to the peer at `to`; or to the client on `leg`, with `channel`, or in a Data indication that names `from`
 * when `channel` is 0. The machine has counted it: what the shell cannot send is lost like any datagram.
 */
export type Route =
  | { readonly kind: 'peer'; readonly relay: RelayId; readonly to: SocketAddress }
  | { readonly kind: 'client'; readonly leg: Leg; readonly channel: number; readonly from: SocketAddress }
  | { readonly kind: 'drop' };

/**
 * The last decision for one client or one relay: the next one is mostly the same, and then costs no look-up. The shell
 * keeps it and the machine fills it; whether it still holds is seen from what it points to.
 */
export class RouteMemo {
  allocation: Allocation | undefined;
  channel: Channel | undefined;
  relay: Relay | undefined;
  peer: Peer | undefined;
  from: SocketAddress | undefined;
  route: Route | undefined;
}

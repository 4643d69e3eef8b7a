/** The TCP relays of one TURN machine: what happens to them goes into it. Decides nothing. RFC 6062 §5. */
import type { Log } from '../../base/index.ts';
import type { Driver } from '../../node/index.ts';
import type { ConnectionId, TurnServer } from '../../turn/index.ts';
import { TcpRelays } from './tcp-relays.ts';

export function tcpRelaysOf(machine: TurnServer, driver: Driver, log: Log): TcpRelays {
  return new TcpRelays(log, {
    onOpened: (relay) => driver.run((now) => machine.handleRelayOpened(now, relay)),
    onFailed: (relay, reason) => driver.run((now) => machine.handleRelayFailed(now, relay, reason)),
    onAccepted: (relay, from) => {
      let connection: ConnectionId | undefined;
      driver.run((now) => {
        connection = machine.handlePeerAccepted(now, relay, from);
      });
      return connection;
    },
    onConnected: (connection) => driver.run((now) => machine.handlePeerConnected(now, connection)),
    onConnectFailed: (connection) => driver.run((now) => machine.handlePeerConnectFailed(now, connection)),
    onClosed: (connection) => driver.run((now) => machine.handleConnectionClosed(now, connection)),
    mayPass: (connection, direction, bytes) => {
      let waitMs = 0;
      driver.run((now) => {
        waitMs = machine.passConnectionData(now, connection, direction, bytes);
      });
      return waitMs;
    },
  });
}

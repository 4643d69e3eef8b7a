/** PeerJS's server as a process of its own: its timers have no end. Tells its port, and ends with who forked it. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PeerServer } from 'peer';

PeerServer({ host: '127.0.0.1', port: 0, path: '/' }, (listening) => {
  process.send?.(((listening as Server).address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());

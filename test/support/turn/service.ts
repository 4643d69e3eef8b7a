/** What tests of the TURN service on real sockets begin with. */
import { silentLog } from '../../../src/base/index.ts';
import { nodeEnv } from '../../../src/node/index.ts';
import type { TurnServiceOptions } from '../../../src/server/turn/turn-service.ts';

export const HOST = '127.0.0.1';
export const USER = { username: 'mina', password: 'a secret' };
export const env = nodeEnv({ log: silentLog });

/** A relay for `USER` to peers on loopback, on any port. */
export const TURN_OPTIONS: TurnServiceOptions = {
  host: HOST,
  port: 0,
  realm: 'test',
  nonceSecret: env.random.bytes(32),
  users: [USER],
  relayPorts: { min: 49_152, max: 65_535 },
  quotas: { perUser: 100, total: 100 },
  publicIps: [],
  peers: { loopback: true, private: 'auto' },
};

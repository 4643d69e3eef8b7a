/**
 * Watches one Engine.IO connection, below everything that has rates of its own: ends it when it says too much, opens
 * more than the one conversation that it is for, or leaves too much of what it is told lying. Reads no frame.
 */
import { TokenBucket } from '../../base/index.ts';
import { monotonicNow } from '../../node/index.ts';

/** The part of Engine.IO's socket that is looked at; its names are Engine.IO's. */
export interface EngineConnection {
  readonly transport: { readonly socket?: { terminate?(): void } };
  on(name: 'packet' | 'packetCreate', then: (packet: EnginePacket) => void): void;
  on(name: 'flush' | 'upgrading', then: () => void): void;
  close(discard: boolean): void;
}

interface EnginePacket {
  readonly type: string;
  readonly data?: unknown;
}

/** Packets of any kind. The room server answers 100 frames a second; whoever says twice as much does not listen. */
const PACKETS = { perSecond: 200, burst: 2_000 };

/**
 * Characters that wait for a slow reader: twice the outbox of a session, so that a resumed one is said again in whole.
 * A reader that leaves more lying would else cost as much memory as it can make us say.
 */
const MAX_WAITING = 2_097_152;

/** A browser asks once whether WebSocket works; each question is answered past all queues. */
const MAX_PROBES = 4;

/** Socket.IO's packet that opens a namespace. There is one namespace, and each opening costs kilobytes. */
const CONNECT = '0';

export function guardAgainstFloods(connection: EngineConnection, onFlood: (reason: string) => void): void {
  const bucket = new TokenBucket(PACKETS, monotonicNow());
  let waiting = 0;
  let probes = 0;
  let opened = false;
  let ended = false;

  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    onFlood(reason);
    // Without the closing handshake: who floods would go on for as long as it is waited for.
    connection.transport.socket?.terminate?.();
    connection.close(true);
  };

  connection.on('packet', ({ type, data }) => {
    if (!bucket.take(monotonicNow())) end('too many packets');
    if (type !== 'message' || typeof data !== 'string' || !data.startsWith(CONNECT)) return;
    if (opened) end('a second conversation');
    opened = true;
  });
  connection.on('packetCreate', ({ data }) => {
    waiting += typeof data === 'string' ? data.length : 0;
    if (waiting > MAX_WAITING) end('a reader that does not read');
  });
  connection.on('flush', () => {
    waiting = 0;
  });
  connection.on('upgrading', () => {
    probes += 1;
    if (probes > MAX_PROBES) end('too many probes');
  });
}

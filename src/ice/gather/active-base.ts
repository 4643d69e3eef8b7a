/** An address that connects to passive candidates, each from a port of its own. RFC 6544 §4.1, §7.1. */
import type { Millis, SocketAddress } from '../../base/index.ts';
import type { PathFacts } from '../gatherer-port.ts';
import { PeerStreams, streamFacts } from './stream-base.ts';
import type { PathOwner, Surroundings } from './surroundings.ts';

/** RFC 6544 §4.5: discard, for a port that is not there yet. */
const NO_PORT = 9;

export class ActiveBase implements PathOwner {
  readonly facts: PathFacts;
  readonly streams: PeerStreams;
  readonly #around: Surroundings;

  constructor(around: Surroundings, ip: string) {
    this.#around = around;
    const path = around.newPathId();
    this.facts = streamFacts(path, 'active', { ip, port: NO_PORT });
    this.streams = new PeerStreams(around, path);
    around.addPath(this);
  }

  /** The first opens the connection. */
  send(now: Millis, to: SocketAddress, bytes: Uint8Array): void {
    const stream = this.streams.get(to) ?? this.streams.add(now, to, this.facts.base.ip);
    if (stream) stream.send(bytes);
    else this.#around.push({ type: 'remote-lost', path: this.facts.path, remote: to });
  }

  expect(): void {}
  select(): void {}

  release(_now: Millis, remote: SocketAddress): void {
    this.streams.close(remote);
  }

  close(): void {
    this.streams.closeAll();
    this.#around.losePath(this.facts.path);
  }
}

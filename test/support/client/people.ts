/** Several pages in one virtual world: each a real `Call` on fake peer connections, all on one room server. */
import { SeededRandom } from '../../../src/base/index.ts';
import {
  type Call,
  type CallOptions,
  createCall,
  type PeerState,
  type SeatStorage,
} from '../../../src/client/index.ts';
import { fakeStream } from './fake-media.ts';
import { FakeNetwork } from './fake-network.ts';
import { FakePeerConnection } from './fake-peer-connection.ts';
import { MemorySignaling, type MemoryTransport } from './memory-signaling.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface Person {
  readonly call: Call;
  readonly transport: MemoryTransport;
  readonly connections: readonly FakePeerConnection[];
  /** The newest connection. */
  readonly pc: () => FakePeerConnection;
  readonly peer: () => PeerState;
}

export class World {
  readonly clock = new VirtualClock();
  readonly network = new FakeNetwork(this.clock);
  readonly server: MemorySignaling;
  readonly random: () => number;

  constructor(seed: number) {
    this.server = new MemorySignaling(this.clock, seed);
    const source = new SeededRandom(seed);
    this.random = () => source.fraction();
  }

  person(name: string, options: Partial<CallOptions> = {}, storage?: SeatStorage): Person {
    const transport = this.server.transport();
    const connections: FakePeerConnection[] = [];
    const call = createCall(
      {
        transport,
        createPeerConnection: (configuration) => {
          const pc = new FakePeerConnection(this.network, configuration, this.random);
          connections.push(pc);
          return pc.asBrowser;
        },
        createMediaStream: (tracks) => fakeStream(tracks),
        videoCodecs: () =>
          ['VP8', 'rtx', 'VP9', 'H264'].map((codec) => ({ mimeType: `video/${codec}`, clockRate: 90_000 })),
        clock: this.clock,
        wallClock: () => this.clock.now(),
        random: this.random,
        ...(storage ? { storage } : {}),
      },
      { name, ...options },
    );
    return {
      call,
      transport,
      connections,
      pc: () => present(connections.at(-1), 'no connection was made'),
      peer: () => present(call.state.peers[0], 'nobody is there'),
    };
  }

  /** `count` people in one room, everybody connected with everybody. */
  async meet(count = 2, options: Partial<CallOptions> = {}): Promise<Person[]> {
    const people: Person[] = [];
    for (let i = 0; i < count; i++) {
      const person = this.person(`person ${i}`, options);
      const [first] = people;
      const entering = first
        ? person.call.joinRoom(present(first.call.state.room, 'the first has no room').id)
        : person.call.createRoom({ visibility: 'private' });
      await this.during(entering);
      people.push(person);
    }
    await this.clock.until('everybody is connected', () => this.allConnected(people));
    return people;
  }

  allConnected(people: readonly Person[]): boolean {
    return people.every(
      ({ call }) =>
        call.state.peers.length === people.length - 1 &&
        call.state.peers.every((peer) => peer.link === 'connected' && !peer.away && peer.path !== undefined),
    );
  }

  /** Lets time pass until `promise` settles. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    await this.clock.until('the promise settles', () => settled, 30_000);
    await done;
    return promise;
  }

  /** The server dies with its TURN allocations. */
  kill(): void {
    this.server.kill();
    this.network.killTurn();
  }

  restart(): void {
    this.network.turnUp = true;
    this.server.start();
  }
}

export function present<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise);
  return value;
}

/** sessionStorage of one tab. */
export function tabStorage(): SeatStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      items.set(key, value);
    },
    removeItem: (key) => {
      items.delete(key);
    },
  };
}

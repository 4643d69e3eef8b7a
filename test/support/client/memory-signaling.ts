/** The real room server behind in-memory transports in virtual time: can be killed, started again, and lose connections. */
import { encodeUtf8, SeededRandom, silentLog } from '../../../src/base/index.ts';
import type { SignalingTransport, TimerHandle } from '../../../src/client/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { type ConnectionId, RoomServer } from '../../../src/signaling/index.ts';
import type { VirtualClock } from './virtual-clock.ts';

const ONE_WAY_MS = 3;
/** 2026-01-01, so that seat tokens have an ordinary expiry. */
const EPOCH_MS = 1_767_225_600_000;

export class MemorySignaling {
  readonly clock: VirtualClock;
  /** How many TURN servers there have been; stands in the minted user name. */
  generation = 0;
  readonly #seed: number;
  readonly #connections = new Map<ConnectionId, { deliver(text: string): void; cut(reason: string): void }>();
  #machine: RoomServer | undefined;
  #timer: TimerHandle | undefined;
  #made = 0;

  constructor(clock: VirtualClock, seed: number) {
    this.clock = clock;
    this.#seed = seed;
    this.start();
  }

  get up(): boolean {
    return this.#machine !== undefined;
  }

  start(): void {
    this.generation += 1;
    const env = {
      crypto: nodeCrypto,
      random: new SeededRandom(this.#seed * 1000 + this.generation),
      log: silentLog,
      wallClock: () => EPOCH_MS + this.clock.now(),
    };
    this.#machine = new RoomServer(env, { secret: encodeUtf8('a secret of the tests only') });
  }

  /** All memory and all connections are gone, without a word. */
  kill(): void {
    this.#machine = undefined;
    this.clock.clearTimeout(this.#timer);
    for (const connection of [...this.#connections.values()]) connection.cut('transport close');
  }

  drain(reconnectInMs: number): void {
    this.#run((machine) => machine.drain(this.clock.now(), reconnectInMs));
  }

  transport(): MemoryTransport {
    return new MemoryTransport(this);
  }

  /** `undefined` while the server is down. */
  connect(deliver: (text: string) => void, cut: (reason: string) => void): ConnectionId | undefined {
    if (!this.#machine) return undefined;
    this.#made += 1;
    const id = `c${this.#made}` as ConnectionId;
    this.#connections.set(id, { deliver, cut });
    this.#run((machine) => machine.handleConnect(this.clock.now(), id, '192.0.2.1'));
    return id;
  }

  text(id: ConnectionId, text: string): void {
    if (this.#connections.has(id)) this.#run((machine) => machine.handleText(this.clock.now(), id, text));
  }

  disconnect(id: ConnectionId): void {
    if (!this.#connections.delete(id)) return;
    this.#run((machine) => machine.handleDisconnect(this.clock.now(), id));
  }

  #run(step: (machine: RoomServer) => void): void {
    const machine = this.#machine;
    if (!machine) return;
    step(machine);
    let busy = true;
    while (busy) {
      busy = false;
      for (let out = machine.pollTransmit(); out; out = machine.pollTransmit()) {
        this.#connections.get(out.to)?.deliver(out.text);
        busy = true;
      }
      for (let event = machine.pollEvent(); event; event = machine.pollEvent()) {
        busy = true;
        if (event.type === 'issue-ice') {
          const urls = [
            'stun:turn.test:3478',
            'turn:turn.test:3478?transport=udp',
            'turns:turn.test:443?transport=tcp',
          ];
          const iceServers = [{ urls, username: `generation ${this.generation}`, credential: 'x' }];
          machine.handleIce(this.clock.now(), event.connection, { iceServers, ttlSeconds: 600 });
        } else if (event.type === 'close') this.#connections.get(event.connection)?.cut('server disconnect');
      }
    }
    this.clock.clearTimeout(this.#timer);
    const next = machine.nextTimeout();
    if (next !== Number.POSITIVE_INFINITY) {
      this.#timer = this.clock.setTimeout(
        () => this.#run((due) => due.handleTimeout(this.clock.now())),
        next - this.clock.now(),
      );
    }
  }
}

export class MemoryTransport implements SignalingTransport {
  kind: SignalingTransport['kind'];
  onOpen: SignalingTransport['onOpen'];
  onText: SignalingTransport['onText'];
  onClose: SignalingTransport['onClose'];
  onKindChange: SignalingTransport['onKindChange'];
  /** Nothing gets through and nobody is told, as in a tunnel. */
  blackHole = false;
  readonly #server: MemorySignaling;
  #id: ConnectionId | undefined;
  /** Counts connections, so that what is under way in an old one is lost with it. */
  #life = 0;

  constructor(server: MemorySignaling) {
    this.#server = server;
  }

  connect(): void {
    this.#life += 1;
    const life = this.#life;
    this.#later(life, () => {
      const id = this.blackHole
        ? undefined
        : this.#server.connect(
            (text) => this.#later(life, () => this.onText?.(text)),
            (reason) => this.cut(reason),
          );
      if (id === undefined) {
        this.#life += 1;
        this.onClose?.('refused');
        return;
      }
      this.#id = id;
      this.kind = 'websocket';
      this.onOpen?.();
    });
  }

  send(text: string): void {
    const id = this.#id;
    if (id !== undefined) this.#later(this.#life, () => this.#server.text(id, text));
  }

  close(): void {
    this.#end();
  }

  /** The connection breaks; what is under way is lost. */
  cut(reason = 'transport error'): void {
    if (this.#id === undefined) return;
    this.#end();
    this.onClose?.(reason);
  }

  #end(): void {
    this.#life += 1;
    this.kind = undefined;
    const id = this.#id;
    this.#id = undefined;
    if (id !== undefined) this.#server.disconnect(id);
  }

  #later(life: number, then: () => void): void {
    this.#server.clock.setTimeout(() => {
      if (life === this.#life && !(this.blackHole && this.#id !== undefined)) then();
    }, ONE_WAY_MS);
  }
}

/**
 * A signaling client of the tests' own: says what it is told to, also nonsense, and keeps all that comes back.
 * Shares no code with `src/client/`, so that the protocol is proved from outside.
 */
import { io, type Socket } from 'socket.io-client';
import type { ServerProcess } from './server-process.ts';

/** A frame as it came: any JSON object. Fields are read by name; the tests compare them with what is right. */
interface RawFrame {
  readonly type?: string;
  readonly s?: number;
  readonly event?: RawEvent;
  readonly [name: string]: unknown;
}

export interface RawEvent {
  readonly type?: string;
  readonly [name: string]: unknown;
}

const ANSWER_WITHIN_MS = 5000;

export class RawClient {
  readonly events: RawEvent[] = [];
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  #sent = 0;
  #received = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('frame', (text: string) => {
      const frame = JSON.parse(text) as RawFrame;
      this.#received = Math.max(this.#received, frame.s ?? 0);
      this.events.push(frame.event ?? frame);
      for (const wake of this.#waiting) wake();
    });
  }

  /** Connected, and not a word said yet. */
  static async connect(server: ServerProcess, transports = ['websocket']): Promise<RawClient> {
    const socket = io(server.url, { ca: server.ca, transports, reconnection: false, forceNew: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return client;
  }

  /** Connected and welcomed under `name`. */
  static async hello(server: ServerProcess, name: string): Promise<RawClient> {
    const client = await RawClient.connect(server);
    client.say(JSON.stringify({ type: 'hello', v: 1, name }));
    await client.next((event) => event.type === 'welcome');
    return client;
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** Sends `text` as a frame, whatever it is. */
  say(text: unknown): void {
    this.#socket.emit('frame', text);
  }

  /** Sends a request and resolves with its reply. */
  async request(request: Readonly<Record<string, unknown>>): Promise<RawEvent> {
    this.#sent += 1;
    const n = this.#sent;
    this.say(JSON.stringify({ type: 'request', n, ack: this.#received, request }));
    return this.next((event) => event.type === 'reply' && event.re === n);
  }

  /** The first event, past or to come, that `fits`. */
  next(fits: (event: RawEvent) => boolean): Promise<RawEvent> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = (): void => {
        const found = this.events.find(fits);
        if (found === undefined) return;
        stop();
        resolve(found);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`The awaited event did not come; there were ${JSON.stringify(this.events)}`));
      }, ANSWER_WITHIN_MS);
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    this.#socket.disconnect();
  }
}

/** Creates a room as somebody who leaves at once, and returns its id. The link stays good. */
export async function createRoom(
  server: ServerProcess,
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const client = await RawClient.hello(server, 'founder');
  await client.request({ type: 'create-room', visibility: 'private', ...options });
  const joined = await client.next((event) => event.type === 'joined');
  await client.request({ type: 'leave-room' });
  client.close();
  return (joined.room as { readonly id: string }).id;
}

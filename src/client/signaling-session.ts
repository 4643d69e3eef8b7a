/**
 * One signaling session over many connections: hello and welcome, numbered requests with promises, resuming after a
 * cut, reconnecting. Knows nothing of rooms. docs/signaling.md.
 */
import {
  type ClientFrame,
  type ClientRequest,
  PROTOCOL_VERSION,
  parseServerFrame,
  type ServerEvent,
  type ServerFrame,
  type Welcome,
} from '../signaling/index.ts';
import { Backoff } from './backoff.ts';
import { type CallError, clientError, stackError } from './call-error.ts';
import type { Clock, TimerHandle } from './dependencies.ts';
import { RequestBook, type RequestStatus } from './request-book.ts';
import type { SignalingTransport } from './signaling-transport.ts';

export type RoomEvent = Exclude<ServerEvent, { type: 'reply' } | { type: 'draining' }>;
export type SessionStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface SessionOptions {
  readonly transport: SignalingTransport;
  readonly clock: Clock;
  readonly random: () => number;
  /** Asked at each hello. */
  readonly name: () => string;
  /** The seat to take again when the session cannot be resumed. */
  readonly seat: () => string | undefined;
  readonly onEvent: (event: RoomEvent) => void;
  /** Before any event of the new session. `renewed`: there was a session before, and the server has forgotten it. */
  readonly onWelcome: (welcome: { renewed: boolean; resumed: boolean; resumeSeconds: number }) => void;
  /** Status, transport, round trip or draining is another. */
  readonly onChange: () => void;
  /** Something arrived that cannot be understood, or the server refused the hello. */
  readonly onError: (error: CallError) => void;
}

/** A restarted server is to be met within a second: media that is relayed waits for it. */
const RECONNECT = { firstMs: 250, maxMs: 1000 };
/** Beyond this outage nobody waits in front of the page, and the pages of many should not hammer a sick server. */
const LONG_OUTAGE_MS = 60_000;
const LONG_OUTAGE_RETRY_FACTOR = 5;
/** TCP may take its time on a bad network; a server that is there answers hello at once. */
const WELCOME_TIMEOUT_MS = 10_000;
const PING_INTERVAL_MS = 10_000;
/** A ping that takes longer means a connection that is dead without anybody having been told. */
const PING_TIMEOUT_MS = 6000;
/** After the network has changed, an old connection is given only this long to prove itself. */
const PROBE_TIMEOUT_MS = 1500;
/** docs/signaling.md: acknowledgements travel on requests, so a silent listener has to speak now and then. */
const EVENTS_WITHOUT_REQUEST = 64;
const DEFAULT_REQUEST_TIMEOUT_MS = 20_000;

export class SignalingSession {
  readonly #options: SessionOptions;
  readonly #book = new RequestBook();
  readonly #backoff: Backoff;
  /** `greeting`: open, hello said, no welcome yet. `paused`: waiting for the next attempt. */
  #phase: 'idle' | 'opening' | 'greeting' | 'ready' | 'paused' | 'closed' = 'idle';
  #token: string | undefined;
  #received = 0;
  #unacknowledged = 0;
  #wasConnected = false;
  #draining = false;
  #reconnectInMs: number | undefined;
  #roundTripMs: number | undefined;
  #lostAtMs: number | undefined;
  #timer: TimerHandle | undefined;
  #pingTimer: TimerHandle | undefined;
  #probeTimer: TimerHandle | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#backoff = new Backoff(RECONNECT, options.random);
    const { transport } = options;
    transport.onOpen = () => this.#greet();
    transport.onText = (text) => this.#handleText(text);
    transport.onClose = () => this.#lost();
    transport.onKindChange = () => options.onChange();
  }

  get status(): SessionStatus {
    if (this.#phase === 'closed') return 'closed';
    if (this.#phase === 'ready') return 'connected';
    return this.#wasConnected ? 'reconnecting' : 'connecting';
  }

  /** Whether the server has welcomed this session at least once. */
  get everConnected(): boolean {
    return this.#wasConnected;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** The server has said that it is about to end, and has not been seen since. */
  get draining(): boolean {
    return this.#draining;
  }

  connect(): void {
    if (this.#phase === 'idle' || this.#phase === 'paused') this.#open();
  }

  /** Ends the session; what waits for an answer is rejected with CLIENT_CLOSED. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#clearTimers();
    this.#phase = 'closed';
    this.#options.transport.close();
    this.#book.clear(clientError('CLIENT_CLOSED'));
    this.#options.onChange();
  }

  /**
   * Asks the server, now or when the connection is back. Rejects with a StackError: the server's code,
   * CLIENT_TIMEOUT, CLIENT_SESSION_LOST, CLIENT_OUTBOX_FULL or CLIENT_CLOSED.
   */
  request(request: ClientRequest, timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS): Promise<RequestStatus> {
    return new Promise((resolve, reject) => {
      if (this.#phase === 'closed') {
        reject(stackError(clientError('CLIENT_CLOSED')));
        return;
      }
      const { clock } = this.#options;
      let timer: TimerHandle;
      const entry = this.#book.add(request, (error, status) => {
        clock.clearTimeout(timer);
        if (error) reject(stackError(error));
        else resolve(status);
      });
      if (!entry) return; // refused: the book is full
      timer = clock.setTimeout(() => {
        this.#book.withdraw(entry);
        reject(stackError(clientError('CLIENT_TIMEOUT', request.type)));
      }, timeoutMs);
      if (this.#phase === 'ready') this.#send(entry.request, this.#book.number(entry));
    });
  }

  /** The network may have changed: proves the connection at once, or makes a new one. */
  probe(): void {
    if (this.#phase === 'paused') this.#open();
    else if (this.#phase === 'ready') this.#ping(PROBE_TIMEOUT_MS);
  }

  #open(): void {
    this.#clearTimers();
    this.#phase = 'opening';
    this.#options.onChange();
    this.#options.transport.connect();
  }

  #greet(): void {
    if (this.#phase !== 'opening') return;
    this.#phase = 'greeting';
    const seat = this.#options.seat();
    const hello: ClientFrame = {
      type: 'hello',
      v: PROTOCOL_VERSION,
      name: this.#options.name(),
      ...(this.#token === undefined ? {} : { session: { token: this.#token, received: this.#received } }),
      ...(seat === undefined ? {} : { seat }),
    };
    this.#options.transport.send(JSON.stringify(hello));
    this.#timer = this.#options.clock.setTimeout(() => this.#drop(), WELCOME_TIMEOUT_MS);
  }

  #handleText(text: string): void {
    if (this.#phase !== 'greeting' && this.#phase !== 'ready') return;
    const frame = this.#parse(text);
    if (!frame) return;
    if (frame.type === 'welcome') this.#welcome(frame);
    else if (frame.s === 0)
      this.#handleEvent(frame.event); // outside the session: never counted
    else if (frame.s > this.#received && this.#phase === 'ready') {
      this.#received = frame.s;
      this.#unacknowledged += 1;
      this.#handleEvent(frame.event);
      if (this.#unacknowledged >= EVENTS_WITHOUT_REQUEST) this.#ping(PING_TIMEOUT_MS);
    }
  }

  /** What is not understood is reported, and counted all the same: the server need not say it again. */
  #parse(text: string): ServerFrame | undefined {
    const parsed = parseServerFrame(text);
    if (parsed.ok) return parsed.frame;
    if (parsed.s !== undefined && parsed.s > this.#received) this.#received = parsed.s;
    const { code, message } = parsed.error;
    const isForeignSdp = code === 'SDP_TYPE_UNSUPPORTED';
    this.#options.onError(isForeignSdp ? parsed.error : clientError('CLIENT_FRAME_MALFORMED', message));
    return undefined;
  }

  #welcome(welcome: Welcome): void {
    if (this.#phase !== 'greeting') return;
    this.#clearTimers();
    const renewed = this.#token !== undefined && !welcome.resumed;
    this.#phase = 'ready';
    this.#token = welcome.session;
    this.#wasConnected = true;
    this.#draining = false;
    this.#reconnectInMs = undefined;
    this.#lostAtMs = undefined;
    this.#backoff.reset();
    if (!welcome.resumed) {
      this.#received = 0;
      this.#unacknowledged = 0;
      this.#book.renew();
    }
    this.#options.onWelcome({
      renewed,
      resumed: welcome.resumed,
      resumeSeconds: welcome.limits.resumeSeconds,
    });
    for (const entry of [...this.#book.open]) {
      if (entry.n === 0 || !welcome.resumed || entry.n > welcome.received) {
        this.#send(entry.request, this.#book.number(entry));
      }
    }
    this.#options.onChange();
    this.#ping(PING_TIMEOUT_MS);
  }

  #handleEvent(event: ServerEvent): void {
    if (event.type === 'reply') {
      this.#book.answer(event.re, event.ok ? undefined : event.error, event.ok ? event.status : undefined);
    } else if (event.type === 'draining') {
      this.#draining = true;
      this.#reconnectInMs = event.reconnectInMs;
      this.#options.onChange();
    } else if (event.type === 'error' && event.error.code === 'VERSION_UNSUPPORTED') {
      this.#options.onError(event.error);
      this.close(); // trying again cannot help: only a newer page can
    } else if (event.type === 'error' && this.#phase === 'greeting') {
      // The hello was refused. A server that drains or is busy for a moment is simply tried again.
      const passes = event.error.code === 'SERVER_DRAINING' || event.error.code === 'RATE_LIMITED';
      if (!passes) this.#options.onError(event.error);
      this.#drop();
    } else this.#options.onEvent(event);
  }

  #send(request: ClientRequest, n: number): void {
    const frame: ClientFrame = { type: 'request', n, ack: this.#received, request };
    this.#unacknowledged = 0;
    this.#options.transport.send(JSON.stringify(frame));
  }

  #ping(timeoutMs: number): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#pingTimer);
    clock.clearTimeout(this.#probeTimer);
    const sentAt = clock.now();
    this.#probeTimer = clock.setTimeout(() => this.#drop(), timeoutMs);
    this.request({ type: 'ping' }, timeoutMs + 1000).then(
      () => {
        clock.clearTimeout(this.#probeTimer);
        this.#roundTripMs = clock.now() - sentAt;
        if (this.#phase !== 'ready') return;
        this.#options.onChange();
        this.#pingLater();
      },
      () => {
        // RATE_LIMITED or a cut. The connection lives or ends by its own events; ask again in due time.
        if (this.#phase !== 'ready') return;
        clock.clearTimeout(this.#probeTimer);
        this.#pingLater();
      },
    );
  }

  #pingLater(): void {
    const { clock } = this.#options;
    const dueMs = clock.now() + PING_INTERVAL_MS;
    clock.clearTimeout(this.#pingTimer);
    this.#pingTimer = clock.setTimeout(() => {
      // A timer that is far too late means that the machine slept, and its connections are most likely dead.
      const slept = clock.now() - dueMs > PING_INTERVAL_MS;
      this.#ping(slept ? PROBE_TIMEOUT_MS : PING_TIMEOUT_MS);
    }, PING_INTERVAL_MS);
  }

  /** This side gives the connection up. */
  #drop(): void {
    this.#options.transport.close();
    this.#lost();
  }

  #lost(): void {
    if (this.#phase === 'closed' || this.#phase === 'idle' || this.#phase === 'paused') return;
    this.#clearTimers();
    this.#phase = 'paused';
    this.#roundTripMs = undefined;
    const now = this.#options.clock.now();
    this.#lostAtMs ??= now;
    const factor = now - this.#lostAtMs > LONG_OUTAGE_MS ? LONG_OUTAGE_RETRY_FACTOR : 1;
    const delayMs = this.#reconnectInMs ?? this.#backoff.next() * factor;
    this.#reconnectInMs = undefined;
    this.#timer = this.#options.clock.setTimeout(() => this.#open(), delayMs);
    this.#options.onChange();
  }

  #clearTimers(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    clock.clearTimeout(this.#pingTimer);
    clock.clearTimeout(this.#probeTimer);
  }
}

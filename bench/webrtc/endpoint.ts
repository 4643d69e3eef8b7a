/**
 * One end of a measured call over any W3C-shaped RTCPeerConnection. Knows nothing of where it runs: the same text is loaded
 * by Node and put into a page, so it imports no values.
 */
import type { EndName, Opened, Operations, Received, Signal } from './protocol.ts';

export interface Stack {
  readonly RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection;
  /** What its `send` takes, where that is no Uint8Array. */
  readonly wrap?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
}

/** A sender never has more than this waiting, and goes on below a quarter of it. */
const MOST_BUFFERED_BYTES = 2 ** 20;
const LOW_BUFFERED_BYTES = 2 ** 18;
/** Looks for itself as well, in case no event comes. @roamhq/wrtc has no event at all. */
const LOOK_AGAIN_MS = 20;
const LOOK_CLOSELY_MS = 1;
/** A sender that is never stopped gives the event loop its turn. */
const SLICE_MS = 8;
const MESSAGES_BETWEEN_CLOCKS = 16;

/** For one message to come back. */
const ECHO_PATIENCE_MS = 5000;

interface Peer {
  readonly key: string;
  connection: RTCPeerConnection | undefined;
  channel: RTCDataChannel | undefined;
  startedAtMs: number;
  readonly opened: Promise<number>;
  readonly resolveOpened: (atMs: number) => void;
  readonly rejectOpened: (error: unknown) => void;
  /** Signals are taken one after the other. */
  turn: Promise<void>;
  hasRemote: boolean;
  readonly early: RTCIceCandidateInit[];
  onMessage: ((data: unknown) => void) | undefined;
  bytes: number;
  messages: number;
}

const nowMs = (): number => performance.timeOrigin + performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Browsers delay timers; a message port does not. */
function yieldTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

function lengthOf(data: unknown): number {
  if (typeof data === 'string') return data.length;
  return (data as { byteLength?: number }).byteLength ?? (data as { size: number }).size;
}

export class Endpoint implements Operations {
  readonly #stack: Stack;
  readonly #signal: (signal: Signal) => void;
  readonly #peers = new Map<string, Peer>();

  /** `signal`: carries to the other end, whose `signal` is then called. */
  constructor(stack: Stack, signal: (signal: Signal) => void) {
    this.#stack = stack;
    this.#signal = signal;
  }

  async open({ key, role }: { key: string; role: EndName }): Promise<Opened> {
    const peer = this.#peer(key);
    if (role === 'offerer') {
      const connection = this.#connect(peer);
      this.#attach(peer, connection.createDataChannel('bench'));
      const offer = await connection.createOffer();
      await connection.setLocalDescription(offer);
      this.#describe(peer, connection.localDescription ?? offer);
    }
    const openAtMs = await peer.opened;
    return { startedAtMs: peer.startedAtMs, openAtMs };
  }

  async signal(signal: Signal): Promise<void> {
    const peer = this.#peer(signal.key);
    peer.turn = peer.turn.then(() => this.#take(peer, signal)).catch(peer.rejectOpened);
    await peer.turn;
  }

  async close({ key }: { key: string }): Promise<void> {
    const peer = this.#peers.get(key);
    this.#peers.delete(key);
    await peer?.connection?.close();
  }

  async received({ key }: { key: string }): Promise<Received> {
    const { bytes, messages } = this.#peer(key);
    return { bytes, messages, atMs: nowMs() };
  }

  async flood({ key, bytes, seconds }: { key: string; bytes: number; seconds: number }): Promise<number> {
    const channel = this.#channel(key);
    const message = this.#message(bytes);
    const end = nowMs() + seconds * 1000;
    let sliceMs = nowMs();
    for (let sent = 0; ; sent++) {
      if (channel.readyState !== 'open') return sent;
      if (channel.bufferedAmount >= MOST_BUFFERED_BYTES) {
        await becomesLow(channel);
        sliceMs = nowMs();
      }
      if (sent % MESSAGES_BETWEEN_CLOCKS === 0) {
        const atMs = nowMs();
        if (atMs >= end) return sent;
        if (atMs - sliceMs > SLICE_MS) {
          await yieldTurn();
          sliceMs = nowMs();
        }
      }
      channel.send(message);
    }
  }

  async echo({ key }: { key: string }): Promise<void> {
    const channel = this.#channel(key);
    this.#peer(key).onMessage = (data) => channel.send(data as ArrayBuffer);
  }

  async pingPong({ key, bytes, count }: { key: string; bytes: number; count: number }): Promise<number[]> {
    const peer = this.#peer(key);
    const channel = this.#channel(key);
    const message = this.#message(bytes);
    const samples: number[] = [];
    while (samples.length < count) {
      const startedAt = performance.now();
      await new Promise((resolve) => {
        peer.onMessage = resolve;
        channel.send(message);
      });
      samples.push(performance.now() - startedAt);
    }
    peer.onMessage = undefined;
    return samples;
  }

  async verifyEcho({
    key,
    lengths,
    texts,
  }: {
    key: string;
    lengths: readonly number[];
    texts: readonly string[];
  }): Promise<string[]> {
    const peer = this.#peer(key);
    const channel = this.#channel(key);
    const faults: string[] = [];
    const exchange = async (message: string | Uint8Array<ArrayBuffer>, what: string): Promise<void> => {
      const came = await new Promise((resolve) => {
        const timer = setTimeout(() => resolve(undefined), ECHO_PATIENCE_MS);
        peer.onMessage = (data) => {
          clearTimeout(timer);
          resolve(data);
        };
        if (typeof message === 'string') channel.send(message);
        else channel.send(message);
      });
      if (came === undefined) faults.push(`${what} did not come back`);
      else if (!isSame(message, came)) faults.push(`${what} came back changed`);
    };
    for (const length of lengths) await exchange(patternOf(length), `${length} bytes`);
    for (const text of texts) await exchange(text, `a text of ${text.length}`);
    peer.onMessage = undefined;
    return faults;
  }

  async collectGarbage(): Promise<void> {
    const { gc } = globalThis as { gc?: () => void };
    gc?.();
    gc?.();
  }

  async #take(peer: Peer, { description, candidate }: Signal): Promise<void> {
    if (!description) {
      if (candidate && peer.hasRemote) await addCandidate(peer, candidate);
      else if (candidate) peer.early.push(candidate);
      return;
    }
    const connection = peer.connection ?? this.#connect(peer);
    await connection.setRemoteDescription(description);
    peer.hasRemote = true;
    if (description.type === 'offer') {
      const answer = await connection.createAnswer();
      await connection.setLocalDescription(answer);
      this.#describe(peer, connection.localDescription ?? answer);
    }
    for (const early of peer.early.splice(0)) await addCandidate(peer, early);
  }

  #connect(peer: Peer): RTCPeerConnection {
    peer.startedAtMs = nowMs();
    const connection = new this.#stack.RTCPeerConnection({ iceServers: [] });
    peer.connection = connection;
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return;
      const { sdpMid = null, sdpMLineIndex = null } = candidate;
      const mid = sdpMid === null ? null : String(sdpMid);
      this.#signal({
        key: peer.key,
        candidate: { candidate: candidate.candidate, sdpMid: mid, sdpMLineIndex },
      });
    };
    connection.ondatachannel = ({ channel }) => this.#attach(peer, channel);
    return connection;
  }

  #attach(peer: Peer, channel: RTCDataChannel): void {
    peer.channel = channel;
    channel.binaryType = 'arraybuffer';
    const opened = (): void => peer.resolveOpened(nowMs());
    if (channel.readyState === 'open') opened();
    else channel.onopen = opened;
    channel.onmessage = ({ data }: { data: unknown }) => {
      if (peer.onMessage) {
        peer.onMessage(data);
        return;
      }
      peer.messages += 1;
      peer.bytes += lengthOf(data);
    };
  }

  #describe({ key }: Peer, { type, sdp = '' }: { type: RTCSdpType; sdp?: string }): void {
    this.#signal({ key, description: { type, sdp } });
  }

  #peer(key: string): Peer {
    const known = this.#peers.get(key);
    if (known) return known;
    let resolveOpened: (atMs: number) => void = () => {};
    let rejectOpened: (error: unknown) => void = () => {};
    const opened = new Promise<number>((resolve, reject) => {
      resolveOpened = resolve;
      rejectOpened = reject;
    });
    const peer: Peer = {
      key,
      connection: undefined,
      channel: undefined,
      startedAtMs: 0,
      opened,
      resolveOpened,
      rejectOpened,
      turn: Promise.resolve(),
      hasRemote: false,
      early: [],
      onMessage: undefined,
      bytes: 0,
      messages: 0,
    };
    this.#peers.set(key, peer);
    return peer;
  }

  #channel(key: string): RTCDataChannel {
    const { channel } = this.#peer(key);
    if (!channel) throw new Error(`${key} has no channel`);
    return channel;
  }

  #message(bytes: number): Uint8Array<ArrayBuffer> {
    const message = new Uint8Array(bytes).fill(0x61);
    return this.#stack.wrap?.(message) ?? message;
  }
}

/** Stacks refuse candidates that they have no use for; the connection shows whether one was needed. */
async function addCandidate(peer: Peer, candidate: RTCIceCandidateInit): Promise<void> {
  await Promise.resolve(peer.connection?.addIceCandidate(candidate)).catch(() => {});
}

/** No byte equals its neighbour, and no piece the next. */
function patternOf(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 0xff);
}

function isSame(message: string | Uint8Array, came: unknown): boolean {
  if (typeof message === 'string' || typeof came === 'string') return message === came;
  const bytes = came instanceof ArrayBuffer ? new Uint8Array(came) : (came as Uint8Array);
  return bytes.length === message.length && message.every((byte, i) => byte === bytes[i]);
}

async function becomesLow(channel: RTCDataChannel): Promise<void> {
  const hasEvent = 'bufferedAmountLowThreshold' in channel;
  let isLow = false;
  let wake = (): void => {};
  const onLow = (): void => {
    isLow = true;
    wake();
  };
  channel.bufferedAmountLowThreshold = LOW_BUFFERED_BYTES;
  channel.onbufferedamountlow = onLow;
  while (!isLow && channel.bufferedAmount > LOW_BUFFERED_BYTES && channel.readyState === 'open') {
    await Promise.race([
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
      sleep(hasEvent ? LOOK_AGAIN_MS : LOOK_CLOSELY_MS),
    ]);
  }
  channel.onbufferedamountlow = null;
}

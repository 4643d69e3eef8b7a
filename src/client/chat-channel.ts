/**
 * One negotiated data channel with one person: JSON texts, kept until the channel opens. The server never sees them.
 * RFC 8831 §6.4; negotiated as id 0, so that no section of an offer has to wait for it.
 */
import { encodeUtf8 } from '../base/index.ts';

/** RFC 8831 §6.6: 16 KB is what every implementation takes in one message. */
export const MAX_CHAT_BYTES = 16_384;
/** Bounds what is kept for somebody whose channel does not open. */
const MAX_WAITING = 100;

export interface ChatMessage {
  /** Counts the sender's messages from 1, so that one that is said again is noticed. */
  readonly n: number;
  readonly text: string;
}

export class ChatChannel {
  readonly #pc: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #waiting: string[] = [];
  #said = false;
  #ending = false;
  #onEnd: ((isHeard: boolean) => void) | undefined;

  constructor(
    pc: RTCPeerConnection,
    events: {
      readonly onOpen: () => void;
      readonly onClose: () => void;
      readonly onMessage: (message: ChatMessage) => void;
    },
  ) {
    this.#pc = pc;
    this.#channel = pc.createDataChannel('chat', { negotiated: true, id: 0 });
    this.#channel.onopen = () => {
      for (const text of this.#waiting.splice(0)) this.#channel.send(text);
      if (this.#ending) this.#channel.close();
      events.onOpen();
    };
    this.#channel.onclose = () => events.onClose();
    this.#channel.onmessage = ({ data }: MessageEvent) => {
      const message = parseChat(data);
      if (message) events.onMessage(message);
    };
  }

  get open(): boolean {
    return this.#channel.readyState === 'open';
  }

  /** Sends now, or when the channel opens. */
  send(message: ChatMessage): void {
    if (this.#ending) return;
    this.#said = true;
    const text = JSON.stringify({ type: 'chat', ...message });
    if (this.open) this.#channel.send(text);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(text);
  }

  /** What has been said and has not gone to the network. */
  get unsentBytes(): number {
    return this.#waiting.reduce((sum, text) => sum + text.length, this.#channel.bufferedAmount);
  }

  /**
   * Closes it behind what has been said. Resolves when the other side has all of that, with true: it answers the reset of the
   * stream only then (RFC 8831 §6.7, RFC 6525 §5.2.2 E2). With false when nobody can know; never while nobody answers.
   */
  end(): Promise<boolean> {
    if (!this.#said) return Promise.resolve(true);
    const { readyState } = this.#channel;
    if (readyState === 'closing' || readyState === 'closed') return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      // Beyond the association there is no answer: then it was cut, not closed.
      this.#channel.addEventListener('close', () => resolve(this.#pc.sctp?.state !== 'closed'));
      this.#ending = true;
      if (this.open) this.#channel.close();
    });
  }

  close(): void {
    this.#channel.onopen = null;
    this.#channel.onclose = null;
    this.#channel.onmessage = null;
    this.#channel.close();
    this.#onEnd?.(false);
  }
}

/** The bytes that `text` takes on the channel. */
export function chatBytes(text: string): number {
  return encodeUtf8(JSON.stringify({ type: 'chat', n: Number.MAX_SAFE_INTEGER, text })).length;
}

/** `undefined` for everything that is no chat message: a newer page may say more than this one understands. */
export function parseChat(data: unknown): ChatMessage | undefined {
  if (typeof data !== 'string' || data.length > MAX_CHAT_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return undefined;
    const { type, n, text } = value as Record<string, unknown>;
    if (type !== 'chat' || typeof text !== 'string' || typeof n !== 'number' || !Number.isSafeInteger(n)) {
      return undefined;
    }
    return { n, text };
  } catch {
    return undefined; // no JSON
  }
}

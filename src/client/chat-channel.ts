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
  readonly #channel: RTCDataChannel;
  readonly #waiting: string[] = [];

  constructor(
    pc: RTCPeerConnection,
    events: {
      readonly onOpen: () => void;
      readonly onClose: () => void;
      readonly onMessage: (message: ChatMessage) => void;
    },
  ) {
    this.#channel = pc.createDataChannel('chat', { negotiated: true, id: 0 });
    this.#channel.onopen = () => {
      for (const text of this.#waiting.splice(0)) this.#channel.send(text);
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
    const text = JSON.stringify({ type: 'chat', ...message });
    if (this.open) this.#channel.send(text);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(text);
  }

  close(): void {
    this.#channel.onopen = null;
    this.#channel.onclose = null;
    this.#channel.onmessage = null;
    this.#channel.close();
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

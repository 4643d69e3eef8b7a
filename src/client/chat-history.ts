/** What has been said in the room while this page was in it. Bounded; sends nothing. */
import type { ParticipantId } from '../signaling/index.ts';
import type { ChatMessage } from './chat-channel.ts';
import type { ChatEntry } from './state.ts';

/** Some hours of lively chat, and a list that a page can still draw. */
const MAX_ENTRIES = 500;

export class ChatHistory {
  #entries: readonly ChatEntry[] = [];
  #lastId = 0;
  #lastOwn = 0;
  readonly #lastOf = new Map<ParticipantId, number>();

  get entries(): readonly ChatEntry[] {
    return this.#entries;
  }

  /** Adds what this side says; the message to send. */
  say(name: string, text: string, at: number): ChatMessage {
    this.#lastOwn += 1;
    this.#append({ from: 'self', name, text, at });
    return { n: this.#lastOwn, text };
  }

  /** False when the message has been here before. */
  hear(from: ParticipantId, name: string, message: ChatMessage, at: number): boolean {
    if (message.n <= (this.#lastOf.get(from) ?? 0)) return false;
    this.#lastOf.set(from, message.n);
    this.#append({ from, name, text: message.text, at });
    return true;
  }

  clear(): void {
    this.#entries = [];
    this.#lastOf.clear();
  }

  #append(entry: Omit<ChatEntry, 'id'>): void {
    this.#lastId += 1;
    this.#entries = [...this.#entries.slice(-(MAX_ENTRIES - 1)), { id: this.#lastId, ...entry }];
  }
}

/**
 * What two sides of a file transfer say to each other on one reliable, ordered data channel: texts in JSON, and between
 * `want` and `end` the bytes of one file, in order, as binary messages. The receiver asks; so a transfer goes on from
 * wherever it was, over any connection. docs/files.md.
 */

export const FILES_PROTOCOL_VERSION = 1;

/** The channel: negotiated by both, so that neither waits for the other to open it. RFC 8831 §6.4; 0 is the chat's. */
export const FILES_CHANNEL = { label: 'files', id: 1 } as const;

/** What one offer may hold: its text stays below the 256 KiB that a message may have. */
export const MAX_FILES = 256;
const MAX_NAME_CHARACTERS = 255;
/** On the way: in the channel, and not yet on the other side's disk. Bounds what waits there for a slow one. */
export const WINDOW_BYTES = 2 ** 25;
/** Of a text; beyond it nothing honest is said. */
const MAX_TEXT_CHARACTERS = 250_000;
const MAX_REASON_CHARACTERS = 200;

export interface OfferedFile {
  /** As the sender calls it: see `safeFileName`. */
  readonly name: string;
  /** Bytes, at most 2⁵³ − 1. */
  readonly size: number;
  /** The same for the same content, as far as the sender can tell without reading it: what is left of an earlier try belongs to it. */
  readonly version: string;
}

export type FromSender =
  | {
      readonly type: 'offer';
      readonly v: number;
      readonly transfer: string;
      readonly files: readonly OfferedFile[];
    }
  /** All bytes of it have been sent. `sha256`: of the whole file, 64 hexadecimal digits. */
  | { readonly type: 'end'; readonly file: number; readonly sha256: string }
  | { readonly type: 'abort'; readonly reason: string };

export type FromReceiver =
  /** First on every channel: who does not say it is in the room for something else, and is offered nothing. */
  | { readonly type: 'ready'; readonly v: number }
  /** From this byte on. What is being sent ends. */
  | { readonly type: 'want'; readonly file: number; readonly offset: number }
  /** Everything before this byte is on disk. */
  | { readonly type: 'have'; readonly file: number; readonly offset: number }
  /** It is whole, and its SHA-256 is right. */
  | { readonly type: 'got'; readonly file: number }
  /** Everything that was wanted has come. */
  | { readonly type: 'done' }
  | { readonly type: 'abort'; readonly reason: string };

/** `undefined` for what is no message of this protocol. */
export function parseFromSender(text: string): FromSender | undefined {
  const value = objectOf(text);
  if (!value) return undefined;
  const { type, file, sha256 } = value;
  if (type === 'offer') return offerOf(value);
  if (type === 'end' && isIndex(file) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) {
    return { type, file, sha256 };
  }
  return type === 'abort' ? abortOf(value) : undefined;
}

export function parseFromReceiver(text: string): FromReceiver | undefined {
  const value = objectOf(text);
  if (!value) return undefined;
  const { type, file, offset, v } = value;
  if (type === 'ready' && typeof v === 'number') return { type, v };
  if ((type === 'want' || type === 'have') && isIndex(file) && isSize(offset)) return { type, file, offset };
  if (type === 'got' && isIndex(file)) return { type, file };
  if (type === 'done') return { type };
  return type === 'abort' ? abortOf(value) : undefined;
}

function offerOf({ v, transfer, files }: Record<string, unknown>): FromSender | undefined {
  if (typeof v !== 'number' || typeof transfer !== 'string' || !/^[0-9a-f]{32}$/.test(transfer))
    return undefined;
  if (!Array.isArray(files) || files.length === 0 || files.length > MAX_FILES) return undefined;
  const offered: OfferedFile[] = [];
  for (const entry of files as readonly unknown[]) {
    if (typeof entry !== 'object' || entry === null) return undefined;
    const { name, size, version } = entry as Record<string, unknown>;
    const isNamed = typeof name === 'string' && name.length <= MAX_NAME_CHARACTERS;
    if (!isNamed || !isSize(size) || typeof version !== 'string' || !/^[0-9a-f]{16}$/.test(version))
      return undefined;
    offered.push({ name, size, version });
  }
  return { type: 'offer', v, transfer, files: offered };
}

/** Shown to people: without what would move the cursor of a terminal. */
function abortOf({
  reason,
}: Record<string, unknown>): { readonly type: 'abort'; readonly reason: string } | undefined {
  if (typeof reason !== 'string') return undefined;
  return {
    type: 'abort',
    reason: reason.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').slice(0, MAX_REASON_CHARACTERS),
  };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  if (text.length > MAX_TEXT_CHARACTERS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // no JSON
  }
}

function isIndex(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_FILES;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/**
 * Text to frames, on both sides: what cannot be understood gets its own code, and keeps its number when that can be
 * read. Decides nothing about rooms.
 */
import * as v from 'valibot';
import { ClientFrame, ClientRequest, type RequestType, ServerFrame } from './messages.ts';
import { type SignalingError, signalingError } from './signaling-errors.ts';

/** 65,536 bytes of UTF-8: a description with a dozen media sections has some 40 KB; more is no honest message. */
export const MAX_MESSAGE_BYTES = 65_536;

export type ParsedClientFrame =
  | { readonly ok: true; readonly frame: ClientFrame }
  /** `n`: the number of the request, when it could be read; then the error goes out as its reply. */
  | { readonly ok: false; readonly error: SignalingError; readonly n?: number };

export type ParsedServerFrame =
  | { readonly ok: true; readonly frame: ServerFrame }
  /** `s`: the number of the event, when it could be read, so that it can be acknowledged all the same. */
  | { readonly ok: false; readonly error: SignalingError; readonly s?: number };

/** Never throws. Errors: MESSAGE_TOO_LARGE, MESSAGE_MALFORMED, MESSAGE_UNKNOWN_TYPE, SDP_TYPE_UNSUPPORTED. */
export function parseClientFrame(text: string): ParsedClientFrame {
  if (exceedsUtf8(text, MAX_MESSAGE_BYTES))
    return failure('n', signalingError('MESSAGE_TOO_LARGE'), peekNumber(text));
  const value = parseJson(text);
  if (!isRecord(value)) return failure('n', signalingError('MESSAGE_MALFORMED', 'expected a JSON object'));
  if (value.type !== 'hello' && value.type !== 'request') {
    return failure('n', unknownType(value.type), readNumber(value.n, 1));
  }
  const n = value.type === 'request' ? readNumber(value.n, 1) : undefined;
  if (value.type === 'request' && isRecord(value.request)) {
    if (!REQUEST_TYPE_SET.has(value.request.type)) return failure('n', unknownType(value.request.type), n);
    if (hasForeignSdpType(value.request)) return failure('n', signalingError('SDP_TYPE_UNSUPPORTED'), n);
  }
  const parsed = v.safeParse(ClientFrame, value, { abortEarly: true });
  if (parsed.success) return { ok: true, frame: parsed.output };
  return failure('n', malformed(parsed.issues), n);
}

/** Never throws. An event of a newer server that this side does not know is MESSAGE_UNKNOWN_TYPE; SDP_TYPE_UNSUPPORTED. */
export function parseServerFrame(text: string): ParsedServerFrame {
  const value = parseJson(text);
  if (!isRecord(value)) return failure('s', signalingError('MESSAGE_MALFORMED', 'expected a JSON object'));
  const s = readNumber(value.s, 0);
  if (value.type !== 'welcome' && value.type !== 'event') return failure('s', unknownType(value.type), s);
  if (isRecord(value.event) && !EVENT_TYPES.has(value.event.type)) {
    return failure('s', unknownType(value.event.type), s);
  }
  if (isRecord(value.event) && hasForeignSdpType(value.event)) {
    return failure('s', signalingError('SDP_TYPE_UNSUPPORTED'), s);
  }
  const parsed = v.safeParse(ServerFrame, value, { abortEarly: true });
  if (parsed.success) return { ok: true, frame: parsed.output };
  return failure('s', malformed(parsed.issues), s);
}

/** Whether `text` takes more than `maxBytes` in UTF-8, without encoding it. */
export function exceedsUtf8(text: string, maxBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes (a pair four), so most texts are decided by their length alone.
  if (text.length > maxBytes) return true;
  if (text.length * 3 <= maxBytes) return false;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
    if (bytes > maxBytes) return true;
  }
  return false;
}

/** The types of all requests; also the labels under which they are counted. */
// Marked pure so that a bundler drops the client's half of the protocol where only the server's is read.
export const REQUEST_TYPES: readonly RequestType[] = /* @__PURE__ */ ClientRequest.options.map(
  (option) => option.entries.type.literal,
);

const REQUEST_TYPE_SET: ReadonlySet<unknown> = /* @__PURE__ */ new Set(REQUEST_TYPES);

const EVENT_TYPES: ReadonlySet<unknown> = new Set([
  'reply',
  ...ServerFrame.options[1].entries.event.options[0].options.map((option) => option.entries.type.literal),
]);

const SDP_TYPES: ReadonlySet<unknown> = new Set(['offer', 'answer', 'pranswer']);

/** A description of a type that no side may send, `rollback` among them. W3C webrtc, RTCSdpType. */
function hasForeignSdpType(message: Record<string, unknown>): boolean {
  if (message.type !== 'signal' || !isRecord(message.signal)) return false;
  const { kind, description } = message.signal;
  return kind === 'description' && isRecord(description) && !SDP_TYPES.has(description.type);
}

/** The number of a request too long to be parsed, if it stands at the front as writers of this protocol put it. */
function peekNumber(text: string): number | undefined {
  const match = /^\{"type":"request","n":(\d{1,16})[,}]/.exec(text);
  return match ? readNumber(Number(match[1]), 1) : undefined;
}

function readNumber(value: unknown, least: number): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON: the caller reports it as malformed
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownType(type: unknown): SignalingError {
  return signalingError('MESSAGE_UNKNOWN_TYPE', typeof type === 'string' ? quote(type) : 'no type');
}

function malformed(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): SignalingError {
  const [issue] = issues;
  const path = v.getDotPath(issue);
  return signalingError(
    'MESSAGE_MALFORMED',
    path ? `${quote(path)}: ${issue.message.slice(0, 120)}` : undefined,
  );
}

/** What came from outside goes into sentences short and without control characters. */
function quote(text: string): string {
  return text.slice(0, 60).replace(/\p{Cc}/gu, '\ufffd');
}

function failure<Key extends 'n' | 's'>(key: Key, error: SignalingError, number?: number) {
  const result = { ok: false, error } as const;
  return (number === undefined ? result : { ...result, [key]: number }) as {
    readonly ok: false;
    readonly error: SignalingError;
  } & { readonly [K in Key]?: number };
}

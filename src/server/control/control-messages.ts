/**
 * What is said on the control socket: one JSON object a line. The command asks one thing; the server answers with any
 * number of sessions, then one last line.
 */
import * as v from 'valibot';

/** Longer than any question, shorter than anything that hurts. */
export const LONGEST_QUESTION = 4096;
/** A session with its addresses has some 600 characters; names have at most 513 bytes. */
export const LONGEST_ANSWER = 65_536;

const Who = v.pipe(v.string(), v.minLength(1), v.maxLength(600));

export const ControlQuestion = v.variant('ask', [
  v.object({ ask: v.literal('sessions') }),
  /** An id, a user, the user behind a short-lived name, or a client's address. */
  v.object({ ask: v.literal('kick'), who: Who }),
  v.object({ ask: v.literal('reload') }),
]);
export type ControlQuestion = v.InferOutput<typeof ControlQuestion>;

const Count = v.pipe(v.number(), v.minValue(0));

export const ControlSession = v.object({
  id: v.string(),
  /** When the allocation was made, in milliseconds since 1970. */
  since: v.number(),
  /** Until it ends unless it is refreshed. */
  remainingSeconds: Count,
  user: v.string(),
  /** `address:port`. */
  client: v.string(),
  transport: v.picklist(['udp', 'tcp', 'tls', 'dtls']),
  /** Each `address:port`. */
  relayed: v.array(v.string()),
  protocol: v.picklist(['udp', 'tcp']),
  peers: Count,
  toPeersBytes: Count,
  toPeersPackets: Count,
  toClientBytes: Count,
  toClientPackets: Count,
  droppedPackets: Count,
});
export type ControlSession = v.InferOutput<typeof ControlSession>;

export const ControlAnswer = v.variant('type', [
  v.object({ type: v.literal('session'), session: ControlSession }),
  /** All sessions have been told. */
  v.object({ type: v.literal('sessions-end') }),
  v.object({ type: v.literal('kicked'), count: Count }),
  v.object({ type: v.literal('reloaded'), changed: v.array(v.string()), later: v.array(v.string()) }),
  v.object({ type: v.literal('refused'), reason: v.string() }),
]);
export type ControlAnswer = v.InferOutput<typeof ControlAnswer>;

/** `undefined` for what is no JSON, or not of this form. */
export function parseLine<Schema extends v.GenericSchema>(
  schema: Schema,
  line: string,
): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), line);
  return parsed.success ? (parsed.output as v.InferOutput<Schema>) : undefined;
}

export function writeLine(message: ControlQuestion | ControlAnswer): string {
  return `${JSON.stringify(message)}\n`;
}

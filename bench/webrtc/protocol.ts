/**
 * What the two ends of a measured call are asked to do, wherever they run: in Node, in a browser, in a program of another
 * language. All of it is JSON. Programs speak it as lines on their standard input and output (docs/benchmarks.md).
 */

/** The offerer makes the channel, sends the floods and the pings. */
export type EndName = 'offerer' | 'answerer';

export const OTHER_END: Readonly<Record<EndName, EndName>> = { offerer: 'answerer', answerer: 'offerer' };

/** From one end to the other. `key` names the connection. */
export interface Signal {
  readonly key: string;
  readonly description?: { readonly type: RTCSdpType; readonly sdp: string };
  readonly candidate?: {
    readonly candidate: string;
    readonly sdpMid: string | null;
    readonly sdpMLineIndex: number | null;
  };
}

/** Milliseconds since 1970 with fractions: comparable between the processes of one machine. */
export interface Opened {
  /** Just before the connection object was made. */
  readonly startedAtMs: number;
  /** The channel was open. */
  readonly openAtMs: number;
}

export interface Received {
  readonly bytes: number;
  readonly messages: number;
  readonly atMs: number;
}

export interface Operations {
  /** The offerer offers at once; the answerer waits. Answers when the channel is open on this side. */
  open(args: { readonly key: string; readonly role: EndName }): Promise<Opened>;
  signal(args: Signal): Promise<void>;
  close(args: { readonly key: string }): Promise<void>;
  received(args: { readonly key: string }): Promise<Received>;
  /** Messages of so many bytes for so long, with at most 1 MiB in `bufferedAmount`. Answers how many. */
  flood(args: { readonly key: string; readonly bytes: number; readonly seconds: number }): Promise<number>;
  /** Sends back what comes from now on. */
  echo(args: { readonly key: string }): Promise<void>;
  /** One at a time: milliseconds of each round trip. */
  pingPong(args: {
    readonly key: string;
    readonly bytes: number;
    readonly count: number;
  }): Promise<readonly number[]>;
  /** To an end that echoes: each of these comes back as it was. Answers what did not, in words. */
  verifyEcho(args: {
    readonly key: string;
    /** Binary messages of so many bytes. */
    readonly lengths: readonly number[];
    readonly texts: readonly string[];
  }): Promise<readonly string[]>;
  collectGarbage(args: Record<string, never>): Promise<void>;
}

export type OperationName = keyof Operations;
export type ArgsOf<Name extends OperationName> = Parameters<Operations[Name]>[0];
export type ResultOf<Name extends OperationName> = Awaited<ReturnType<Operations[Name]>>;

export interface Request {
  readonly id: number;
  readonly end: EndName;
  readonly name: OperationName;
  readonly args: unknown;
}

export type Reply =
  | { readonly ready: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly to: EndName; readonly signal: Signal };

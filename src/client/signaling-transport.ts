/** The pipe that signaling frames travel in: text in order while it is open, and nothing promised across a cut. */

export interface SignalingTransport {
  /** What carries the text just now; `undefined` while it is not open. */
  readonly kind: 'websocket' | 'polling' | undefined;
  /** Set by the session that uses the transport. One of `onClose` follows every `connect`, also when it never opened. */
  onOpen: (() => void) | undefined;
  onText: ((text: string) => void) | undefined;
  onClose: ((reason: string) => void) | undefined;
  /** `kind` is another one: an upgrade happened. */
  onKindChange: (() => void) | undefined;
  /** Starts one attempt. Retrying is the session's. */
  connect(): void;
  send(text: string): void;
  /** Ends the connection or the attempt, without `onClose`. */
  close(): void;
}

/** Whether escape codes for colours may be written to a stream. */
import type { WriteStream } from 'node:tty';

/** A terminal, unless NO_COLOR asks for none. */
export function isColourTerminal(stream: Partial<Pick<WriteStream, 'isTTY'>>): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR;
}

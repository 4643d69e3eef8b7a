/** Cuts a stream of text into lines of a bounded length. */
import type { Socket } from 'node:net';

/** `onLine` gets each line without its end. A line that is too long destroys the socket. */
export function readLines(socket: Socket, longest: number, onLine: (line: string) => void): void {
  let held = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      if (socket.destroyed) return;
      if (line.length > longest) break;
      onLine(line);
    }
    if (held.length > longest || lines.some((line) => line.length > longest)) socket.destroy();
  });
}

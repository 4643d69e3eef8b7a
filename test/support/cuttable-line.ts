/**
 * A TCP line to a server that can be cut and mended: while it is cut, no byte arrives and no connection ends, as when a
 * cable is out. Knows nothing of what it carries.
 */
import net from 'node:net';

export interface CuttableLine {
  readonly port: number;
  /** From now on nothing goes through, and nobody is told. */
  cut(): void;
  /** New connections go through. Those from before are gone, as after a change of the network. */
  mend(): void;
  close(): Promise<void>;
}

/** Opens a line on a free loopback port to `target` on this machine. */
export async function openCuttableLine(target: number): Promise<CuttableLine> {
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const server = net.createServer((client) => {
    const upstream = net.connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (!isCut) to.write(bytes);
      });
      from.on('error', () => {}); // a reset is how a line may end; `close` follows
      from.on('close', () => {
        sockets.delete(from);
        if (!isCut) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut() {
      isCut = true;
    },
    mend() {
      drop();
      isCut = false;
    },
    close() {
      drop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The second stream of a TCP relay: opened, proved, and then the peer's own bytes. RFC 6062 §4.3. */
import type { Socket } from 'node:net';
import { type Millis, StackError } from '../../base/index.ts';
import type { TurnDataConnection } from '../../turn/index.ts';
import { monotonicNow } from '../clock.ts';
import { driveMachine } from '../driver.ts';
import { plainBytes } from '../plain-bytes.ts';
import type { PipeOptions } from './pipe.ts';
import { connectStream } from './stream-pipe.ts';

/** A paused stream whose bytes are the peer's. Rejects with a StackError of `TurnClientErrorCode`. */
export async function openTurnData(
  options: PipeOptions,
  create: (now: Millis) => TurnDataConnection,
): Promise<Socket> {
  const { socket } = await connectStream(options);
  return new Promise((resolve, reject) => {
    const machine = create(monotonicNow());
    const driver = driveMachine(machine, {
      onTransmit: ({ bytes }) => socket.write(bytes),
      onEvent: (event) => {
        driver.close();
        socket.removeAllListeners('data').removeAllListeners('close');
        if (event.type === 'bound') {
          socket.pause();
          if (event.rest.length > 0) socket.unshift(event.rest);
          resolve(socket);
          return;
        }
        socket.destroy();
        const { code, status, reason } = event.failure;
        reject(new StackError(code, `The data connection was not made: ${status ?? code} ${reason}`.trim()));
      },
      onFailure: (error) => {
        socket.destroy();
        reject(new StackError('TURN_CLIENT_FAILED', String(error)));
      },
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => driver.run((now) => machine.handleBytes(now, plainBytes(chunk))));
    socket.on('close', () => driver.run((now) => machine.handleConnectionClosed(now)));
    driver.run(() => {});
  });
}

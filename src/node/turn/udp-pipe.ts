/** A UDP socket of our own as the way to a server. RFC 8656 §3.1. */
import { familyOf } from '../../base/index.ts';
import { bindUdp } from '../udp.ts';
import type { PipeHandlers, PipeOptions, TurnPipe } from './pipe.ts';

/** Rejects with a StackError whose code is a `BindErrorCode`. */
export async function openUdpPipe({ server }: PipeOptions, handlers: PipeHandlers): Promise<TurnPipe> {
  const socket = await bindUdp({ ip: familyOf(server.ip) === 4 ? '0.0.0.0' : '::', port: 0 });
  socket.onDatagram((from, bytes) => handlers.onBytes(from, bytes));
  return {
    local: socket.local,
    secure: undefined,
    send: (bytes, to) => socket.send(bytes, to),
    close: () => socket.close(),
  };
}

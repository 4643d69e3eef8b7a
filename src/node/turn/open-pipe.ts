/** Opens the way to a server that a transport stands for. */
import type { Env } from '../../base/index.ts';
import { openDtlsPipe } from './dtls-pipe.ts';
import type { PipeHandlers, PipeOptions, TurnPipe } from './pipe.ts';
import { openStreamPipe } from './stream-pipe.ts';
import { openUdpPipe } from './udp-pipe.ts';

/** Rejects with StackError `TURN_CONNECTION_CLOSED`, or a `BindErrorCode` for UDP. */
export function openPipe(env: Env, options: PipeOptions, handlers: PipeHandlers): Promise<TurnPipe> {
  switch (options.transport) {
    case 'udp':
      return openUdpPipe(options, handlers);
    case 'tcp':
    case 'tls':
      return openStreamPipe(options, handlers);
    case 'dtls':
      return openDtlsPipe(env, options, handlers);
  }
}

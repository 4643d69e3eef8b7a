/** What a message on an open channel is, by its payload protocol identifier. RFC 8831 §6.6. */
import { Ppid } from './code-points.ts';
import { type ChannelError, channelError } from './events.ts';
import type { ChannelMessage } from './options.ts';
import type { PartialMessage } from './partial-message.ts';

/** The message; or nothing yet; or why the channel has to be closed. `payload` is given. */
export function readMessage(
  partial: PartialMessage,
  ppid: number,
  payload: Uint8Array,
  mostBytes: number,
): ChannelMessage | ChannelError | 'more follows' {
  switch (ppid) {
    case Ppid.STRING:
    case Ppid.BINARY:
      return readLast(partial, ppid === Ppid.STRING ? 'text' : 'binary', payload, mostBytes);
    case Ppid.STRING_EMPTY:
      return { kind: 'text', bytes: new Uint8Array(0) };
    case Ppid.BINARY_EMPTY:
      return { kind: 'binary', bytes: new Uint8Array(0) };
    case Ppid.STRING_PARTIAL:
    case Ppid.BINARY_PARTIAL:
      if (partial.add(ppid === Ppid.STRING_PARTIAL ? 'text' : 'binary', payload, mostBytes))
        return 'more follows';
      return channelError(
        'CHANNEL_MESSAGE_TOO_LONG',
        'The parts of a message of the peer do not come to an end.',
      );
    default:
      return channelError('CHANNEL_PEER_VIOLATED', `The peer sent a message of the unknown kind ${ppid}.`);
  }
}

function readLast(
  partial: PartialMessage,
  kind: ChannelMessage['kind'],
  payload: Uint8Array,
  mostBytes: number,
): ChannelMessage | ChannelError {
  const bytes = partial.finish(kind, payload);
  if (!bytes)
    return channelError('CHANNEL_PEER_VIOLATED', 'The peer mixed parts of texts and of binary messages.');
  if (bytes.length <= mostBytes) return { kind, bytes };
  const reason = `The peer sent ${bytes.length} bytes in a message; ${mostBytes} were announced.`;
  return channelError('CHANNEL_MESSAGE_TOO_LONG', reason);
}

/** What a user may ask of data channels, and what W3C says to the rest. webrtc.html §6.2. */
import { type Millis, StackError } from '../base/index.ts';
import {
  type ChannelId,
  type ChannelMessage,
  type DataChannelOptions,
  type DataChannelTransport,
  utf8Length,
} from '../datachannel/index.ts';
import { PeerFault } from './peer-fault.ts';

const MAX_NAME_BYTES = 65_535;
/** webrtc.html §6.2: the highest number is none. */
const NO_STREAM = 65_535;

/** Throws `TypeError` for what makes no sense, `OperationError` when there is no stream for it. */
export function openChannel(
  channels: DataChannelTransport,
  now: Millis,
  options: DataChannelOptions,
): ChannelId {
  const { label, protocol = '', maxRetransmits, maxPacketLifeTimeMs, negotiatedStream } = options;
  if (utf8Length(label) > MAX_NAME_BYTES || utf8Length(protocol) > MAX_NAME_BYTES)
    throw new PeerFault(
      'TypeError',
      'The label and the protocol of a data channel have at most 65535 bytes.',
    );
  if (maxRetransmits !== undefined && maxPacketLifeTimeMs !== undefined)
    throw new PeerFault('TypeError', 'Give either maxRetransmits or maxPacketLifeTime, not both.');
  if (negotiatedStream === NO_STREAM)
    throw new PeerFault('TypeError', 'The id of a data channel is 0 … 65534.');
  if ((negotiatedStream ?? 0) >= (channels.maxChannels ?? Number.POSITIVE_INFINITY))
    throw new PeerFault('OperationError', `The peer has no stream for the id ${negotiatedStream}.`);
  try {
    return channels.open(now, options);
  } catch (error) {
    if (error instanceof StackError) throw new PeerFault('OperationError', error.message);
    throw error;
  }
}

/** Throws as `PeerSessionPort.sendMessage` says. */
export function sendOnChannel(
  channels: DataChannelTransport,
  now: Millis,
  channel: ChannelId,
  message: ChannelMessage,
  maxBufferedBytes: number,
): boolean {
  const { length } = message.bytes;
  const { maxMessageBytes } = channels;
  if (length > maxMessageBytes)
    throw new PeerFault('TypeError', `The peer takes messages of ${maxMessageBytes} bytes, not ${length}.`);
  if (channels.bufferedBytes(channel) + length > maxBufferedBytes)
    throw new PeerFault('OperationError', 'Too much waits in this data channel; wait for bufferedamountlow.');
  return channels.send(now, channel, message);
}

/** What a channel is, of what its user asks for. RFC 8832 §5.1, webrtc.html §6.2. */
import { MAX_NAME_BYTES } from './dcep.ts';
import type { ChannelFacts, DataChannelOptions } from './options.ts';
import { MAX_STREAM } from './stream-numbers.ts';
import { utf8Length } from './utf8-length.ts';

/** Of a channel that was refused: nobody asks. */
export const NO_FACTS: ChannelFacts = {
  label: '',
  protocol: '',
  ordered: true,
  maxRetransmits: undefined,
  maxPacketLifeTimeMs: undefined,
  priority: 'low',
  negotiated: false,
};

/** Throws a RangeError for what makes no sense. */
export function factsOf(options: DataChannelOptions): ChannelFacts {
  const { label, protocol = '', ordered = true, maxRetransmits, maxPacketLifeTimeMs } = options;
  const { priority = 'low', negotiatedStream } = options;
  for (const [what, text] of [['label', label] as const, ['protocol', protocol] as const]) {
    const bytes = utf8Length(text);
    if (bytes > MAX_NAME_BYTES) throw new RangeError(`A ${what} has at most 65535 bytes, not ${bytes}.`);
  }
  if (maxRetransmits !== undefined && maxPacketLifeTimeMs !== undefined)
    throw new RangeError('A channel limits either retransmissions or the life of its packets, not both.');
  for (const limit of [maxRetransmits ?? 0, maxPacketLifeTimeMs ?? 0])
    if (!Number.isInteger(limit) || limit < 0 || limit > 0xffff_ffff)
      throw new RangeError(`A limit of a channel has 32 bits (RFC 8832 §5.1), and ${limit} does not fit.`);
  if (negotiatedStream !== undefined && !(negotiatedStream >= 0 && negotiatedStream <= MAX_STREAM))
    throw new RangeError(`Streams have the numbers 0 … ${MAX_STREAM}, not ${negotiatedStream}.`);
  const negotiated = negotiatedStream !== undefined;
  return { label, protocol, ordered, maxRetransmits, maxPacketLifeTimeMs, priority, negotiated };
}

/**
 * The two messages that open a channel, as bytes. Decides nothing about channels. RFC 8832 §5.
 *
 *   +------+--------------+----------+-------------+--------------+-----------------+-------+----------+
 *   | 0x03 | channel type | priority | reliability | label length | protocol length | label | protocol |
 *   |  1   |      1       |    2     |      4      |      2       |        2        |       |          |
 *   +------+--------------+----------+-------------+--------------+-----------------+-------+----------+
 */
import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { ChannelType, MessageType, PRIORITY, UNORDERED } from './code-points.ts';
import type { ChannelFacts, ChannelPriority } from './options.ts';

/** What an OPEN tells. */
export type OpenFacts = Omit<ChannelFacts, 'negotiated'>;

export type DcepMessage = { readonly kind: 'ack' } | { readonly kind: 'open'; readonly facts: OpenFacts };

/** Both lengths have 16 bits, and count bytes of UTF-8. */
export const MAX_NAME_BYTES = 65_535;

/** Given away. Label and protocol have at most 65,535 bytes each. */
export function encodeOpen(facts: OpenFacts): Uint8Array {
  const label = encodeUtf8(facts.label);
  const protocol = encodeUtf8(facts.protocol);
  const { type, parameter } = reliabilityOf(facts);
  return new ByteWriter(12 + label.length + protocol.length)
    .u8(MessageType.OPEN)
    .u8(facts.ordered ? type : type | UNORDERED)
    .u16(PRIORITY[facts.priority])
    .u32(parameter)
    .u16(label.length)
    .u16(protocol.length)
    .bytes(label)
    .bytes(protocol)
    .finish();
}

/** Given away. */
export function encodeAck(): Uint8Array {
  return Uint8Array.of(MessageType.ACK);
}

/** `undefined` for what is neither, or does not have its form. */
export function decodeDcep(bytes: Uint8Array): DcepMessage | undefined {
  if (bytes[0] === MessageType.ACK) return { kind: 'ack' };
  if (bytes[0] !== MessageType.OPEN) return undefined;
  const reader = new ByteReader(bytes);
  reader.skip(1);
  const type = reader.u8();
  const priority = reader.u16();
  const parameter = reader.u32();
  const labelBytes = reader.u16();
  const protocolBytes = reader.u16();
  const label = reader.take(labelBytes);
  const protocol = reader.take(protocolBytes);
  const kind = type & ~UNORDERED;
  if (reader.failed || reader.remaining > 0 || kind > ChannelType.PARTIAL_RELIABLE_TIMED) return undefined;
  return {
    kind: 'open',
    facts: {
      label: decodeUtf8(label),
      protocol: decodeUtf8(protocol),
      ordered: (type & UNORDERED) === 0,
      maxRetransmits: kind === ChannelType.PARTIAL_RELIABLE_REXMIT ? parameter : undefined,
      maxPacketLifeTimeMs: kind === ChannelType.PARTIAL_RELIABLE_TIMED ? parameter : undefined,
      priority: priorityNamed(priority),
    },
  };
}

function reliabilityOf({ maxRetransmits, maxPacketLifeTimeMs }: OpenFacts) {
  if (maxRetransmits !== undefined)
    return { type: ChannelType.PARTIAL_RELIABLE_REXMIT, parameter: maxRetransmits };
  if (maxPacketLifeTimeMs !== undefined)
    return { type: ChannelType.PARTIAL_RELIABLE_TIMED, parameter: maxPacketLifeTimeMs };
  return { type: ChannelType.RELIABLE, parameter: 0 };
}

/** webrtc-priority §4.2: each number belongs to the nearest name above it. */
function priorityNamed(priority: number): ChannelPriority {
  if (priority <= PRIORITY['very-low']) return 'very-low';
  if (priority <= PRIORITY.low) return 'low';
  return priority <= PRIORITY.medium ? 'medium' : 'high';
}

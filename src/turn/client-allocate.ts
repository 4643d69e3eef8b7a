/** The Allocate request of a client and what its answer grants. RFC 8656 §7.1, §7.3. */
import type { IpFamily, SocketAddress } from '../base/index.ts';
import { decodeXorAddress, type MessageWriter, StunAttribute, type StunMessage } from '../stun/index.ts';
import { decodeU32, encodeFirstOfFour, familyCodeOf, ipFamilyOf } from './attributes.ts';
import type { AllocateOptions } from './client-options.ts';
import { EVEN_PORT_RESERVE, TCP_PROTOCOL, TurnAttribute, UDP_PROTOCOL } from './code-points.ts';

/** What a success response says. */
export interface Grant {
  /** One, or one of each family. */
  readonly relayed: readonly SocketAddress[];
  readonly mapped: SocketAddress;
  readonly lifetimeSeconds: number;
  /** RESERVATION-TOKEN, 8 bytes, given. */
  readonly token: Uint8Array | undefined;
  /** MOBILITY-TICKET, given. */
  readonly ticket: Uint8Array | undefined;
  /** ADDRESS-ERROR-CODE: the second family that could not be had. */
  readonly missing: { readonly family: IpFamily; readonly status: number } | undefined;
}

export function writeAllocate(writer: MessageWriter, options: AllocateOptions): void {
  const { family, evenPort } = options;
  const protocol = options.protocol === 'tcp' ? TCP_PROTOCOL : UDP_PROTOCOL;
  writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, encodeFirstOfFour(protocol));
  writeLifetime(writer, options);
  if (family === 'both') {
    writer.attribute(TurnAttribute.ADDITIONAL_ADDRESS_FAMILY, encodeFirstOfFour(familyCodeOf(6)));
  } else if (family) {
    writer.attribute(TurnAttribute.REQUESTED_ADDRESS_FAMILY, encodeFirstOfFour(familyCodeOf(family)));
  }
  if (evenPort) {
    const flags = evenPort === 'reserve-next' ? EVEN_PORT_RESERVE : 0;
    writer.attribute(TurnAttribute.EVEN_PORT, Uint8Array.of(flags));
  }
  if (options.token) writer.attribute(TurnAttribute.RESERVATION_TOKEN, options.token);
  if (options.dontFragment) writer.flag(TurnAttribute.DONT_FRAGMENT);
  // RFC 8016 §3.1.1: of length zero.
  if (options.mobile) writer.flag(TurnAttribute.MOBILITY_TICKET);
}

export function writeLifetime(
  writer: MessageWriter,
  { lifetimeSeconds }: Pick<AllocateOptions, 'lifetimeSeconds'>,
): void {
  if (lifetimeSeconds !== undefined) writer.u32(TurnAttribute.LIFETIME, lifetimeSeconds);
}

/** `undefined` when it lacks what it must hold. */
export function readGrant(answer: StunMessage): Grant | undefined {
  const relayed = readAddresses(answer, TurnAttribute.XOR_RELAYED_ADDRESS);
  const mapped = readAddresses(answer, StunAttribute.XOR_MAPPED_ADDRESS)[0];
  const lifetimeValue = answer.get(TurnAttribute.LIFETIME);
  const lifetimeSeconds = lifetimeValue && decodeU32(lifetimeValue);
  if (relayed.length === 0 || !mapped || !lifetimeSeconds) return undefined;
  const failed = answer.get(TurnAttribute.ADDRESS_ERROR_CODE);
  const family = ipFamilyOf(failed?.[0]);
  return {
    relayed,
    mapped,
    lifetimeSeconds,
    token: answer.get(TurnAttribute.RESERVATION_TOKEN)?.slice(),
    ticket: answer.get(TurnAttribute.MOBILITY_TICKET)?.slice(),
    missing: failed && family && { family, status: (failed[2] ?? 0) * 100 + (failed[3] ?? 0) },
  };
}

export function readAddresses(message: StunMessage, type: number): SocketAddress[] {
  return message
    .getAll(type)
    .map((value) => decodeXorAddress(value, message.transactionId))
    .filter((address) => address !== undefined);
}

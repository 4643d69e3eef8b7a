/** Connectivity checks as bytes: what ICE adds to a Binding request, and the answers. Verifies nothing. RFC 8445 §7.1, §16.1. */
import { type CryptoProvider, decodeUtf8, encodeUtf8, type SocketAddress } from '../base/index.ts';
import {
  isComprehensionRequired,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
} from '../stun/index.ts';
import type { IceRole } from './events.ts';

/** RFC 8445 §16.1. */
export const IceAttribute = {
  PRIORITY: 0x0024,
  USE_CANDIDATE: 0x0025,
  ICE_CONTROLLED: 0x8029,
  ICE_CONTROLLING: 0x802a,
} as const;

/** RFC 8445 §16.2. */
export const ROLE_CONFLICT = 487;

export const TIE_BREAKER_BYTES = 8;

export interface CheckRequest {
  /** Of the peer, then ours. RFC 8445 §7.2.2. */
  readonly username: Uint8Array;
  /** What a peer-reflexive candidate learned from this would have. RFC 8445 §7.1.1. */
  readonly priority: number;
  readonly role: IceRole;
  readonly tieBreaker: Uint8Array;
  readonly useCandidate: boolean;
}

/** What is read of a check. `role` and `tieBreaker` are missing in requests of RFC 3489's time. */
export interface ReceivedCheck {
  /** The part of USERNAME behind the colon: the sender's fragment. */
  readonly senderFragment: string;
  readonly priority: number;
  readonly useCandidate: boolean;
  readonly role: IceRole | undefined;
  readonly tieBreaker: Uint8Array;
}

/** `key`: the peer's password. The result is given. */
export function writeCheck(
  crypto: CryptoProvider,
  transactionId: Uint8Array,
  check: CheckRequest,
  key: Uint8Array,
): Uint8Array {
  const writer = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, transactionId)
    .attribute(StunAttribute.USERNAME, check.username)
    .u32(IceAttribute.PRIORITY, check.priority)
    .attribute(
      check.role === 'controlling' ? IceAttribute.ICE_CONTROLLING : IceAttribute.ICE_CONTROLLED,
      check.tieBreaker,
    );
  if (check.useCandidate) writer.flag(IceAttribute.USE_CANDIDATE);
  return writer.integrity(crypto, key).fingerprint().finish();
}

/** `key`: our own password. */
export function writeSuccess(
  crypto: CryptoProvider,
  request: StunMessage,
  mapped: SocketAddress,
  key: Uint8Array,
): Uint8Array {
  return new MessageWriter(StunMethod.BINDING, MessageClass.SUCCESS, request.transactionId, 80)
    .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, mapped)
    .integrity(crypto, key)
    .fingerprint()
    .finish();
}

export function writeError(
  crypto: CryptoProvider,
  request: StunMessage,
  code: number,
  key: Uint8Array,
  unknown: readonly number[] = [],
): Uint8Array {
  const writer = new MessageWriter(
    StunMethod.BINDING,
    MessageClass.ERROR,
    request.transactionId,
    80,
  ).errorCode(code, code === ROLE_CONFLICT ? 'Role Conflict' : '');
  if (unknown.length > 0) writer.unknownAttributes(unknown);
  return writer.integrity(crypto, key).fingerprint().finish();
}

/** The prefix of USERNAME by which a request is for this fragment. */
export function usernamePrefix(fragment: string): Uint8Array {
  return encodeUtf8(`${fragment}:`);
}

/** Whether USERNAME begins with `prefix`: the cheap test before any cryptography. */
export function isFor(message: StunMessage, prefix: Uint8Array): boolean {
  const at = message.valueOffset(StunAttribute.USERNAME);
  if (at < 0) return false;
  for (let i = 0; i < prefix.length; i++) if (message.bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** `undefined` when PRIORITY is missing, or a value has another length: 400. RFC 8445 §7.1.1, §7.1.3. */
export function readCheck(message: StunMessage): ReceivedCheck | undefined {
  const username = message.get(StunAttribute.USERNAME);
  const priority = message.get(IceAttribute.PRIORITY);
  const controlling = message.get(IceAttribute.ICE_CONTROLLING);
  const tieBreaker = controlling ?? message.get(IceAttribute.ICE_CONTROLLED);
  if (username === undefined || priority?.length !== 4) return undefined;
  if (tieBreaker && tieBreaker.length !== TIE_BREAKER_BYTES) return undefined;
  const colon = username.indexOf(0x3a);
  return {
    senderFragment: decodeUtf8(username.subarray(colon + 1)),
    priority: new DataView(priority.buffer, priority.byteOffset).getUint32(0),
    useCandidate: message.has(IceAttribute.USE_CANDIDATE),
    role: controlling ? 'controlling' : tieBreaker ? 'controlled' : undefined,
    tieBreaker: tieBreaker?.slice() ?? new Uint8Array(TIE_BREAKER_BYTES),
  };
}

const KNOWN: ReadonlySet<number> = new Set<number>([
  ...Object.values(StunAttribute),
  ...Object.values(IceAttribute),
]);

/** What must be understood and is not: 420. RFC 8489 §6.3. */
export function unknownAttributesOf(message: StunMessage): number[] {
  return message.attributeTypes().filter((type) => isComprehensionRequired(type) && !KNOWN.has(type));
}

/**
 * Binding requests of RFC 3489, which have no magic cookie: a 16-byte transaction id, and addresses in the clear. Answers
 * what discovers a NAT; the shared secrets of that RFC are left out, and RESPONSE-ADDRESS too, by which anybody could
 * have answers sent to anybody. RFC 3489 §8.1, §11; RFC 8489 §11.
 *
 * ```
 *  0                   1                   2                   3
 * |      STUN Message Type        |         Message Length        |
 * |                     Transaction ID (16 bytes)                 |
 * ```
 */
import type { SocketAddress } from '../base/index.ts';
import { StunAttribute } from './attribute-types.ts';
import { type BindingAnswer, placeAfter } from './behaviour-answer.ts';
import { BehaviourAttribute, ClassicAttribute, decodeChangeRequest } from './behaviour-attributes.ts';
import type { BehaviourSite } from './behaviour-sites.ts';
import { HEADER_BYTES, looksLikeStun } from './message.ts';
import { MessageClass, StunMethod } from './message-type.ts';
import { MessageWriter } from './message-writer.ts';
import { encodePlainAddress } from './plain-address.ts';

const BINDING_REQUEST = 0x0001;
/** RFC 3489 §11.2.9: a shared secret that we never gave, and one that is not named. */
const STALE_CREDENTIALS = 430;
const MISSING_USERNAME = 432;
/** No honest message has so many; bounds the answer. */
const MAX_REPORTED = 8;

/** The types of CHANGE-REQUEST, USERNAME and MESSAGE-INTEGRITY are what they were. */
const KNOWN: ReadonlySet<number> = new Set([
  BehaviourAttribute.CHANGE_REQUEST,
  StunAttribute.USERNAME,
  StunAttribute.MESSAGE_INTEGRITY,
]);

/** A Binding request without cookie: attributes as views, borrowed. */
export interface ClassicRequest {
  readonly bytes: Uint8Array;
  readonly attributes: ReadonlyMap<number, Uint8Array>;
}

/** `undefined` for everything else, newer STUN included. The cheap tests come first: most of what comes here is noise. */
export function decodeClassicRequest(bytes: Uint8Array): ClassicRequest | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0] !== 0 || bytes[1] !== BINDING_REQUEST) return undefined;
  if (HEADER_BYTES + u16(bytes, 2) !== bytes.length || looksLikeStun(bytes)) return undefined;
  const attributes = new Map<number, Uint8Array>();
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const type = u16(bytes, at);
    const end = at + 4 + u16(bytes, at + 2);
    if (end > bytes.length) return undefined;
    if (!attributes.has(type)) attributes.set(type, bytes.subarray(at + 4, end));
    at = end;
  }
  return { bytes, attributes };
}

/** `site` is missing where discovery is off: then the answer says MAPPED-ADDRESS only, and CHANGE-REQUEST gets 420. */
export function classicAnswer(
  request: ClassicRequest,
  client: SocketAddress,
  server: SocketAddress,
  site: BehaviourSite | undefined,
): BindingAnswer {
  const { attributes } = request;
  const refuse = (code: number, unknown: readonly number[] = []): BindingAnswer => {
    const writer = open(request, MessageClass.ERROR).errorCode(code);
    if (unknown.length > 0) writer.unknownAttributes(evenly(unknown));
    return { from: server, to: client, bytes: close(request, writer) };
  };
  if (attributes.has(StunAttribute.MESSAGE_INTEGRITY)) {
    return refuse(attributes.has(StunAttribute.USERNAME) ? STALE_CREDENTIALS : MISSING_USERNAME);
  }
  const unknown = [...attributes.keys()].filter((type) => type < 0x8000 && !KNOWN.has(type));
  if (unknown.length > 0) return refuse(420, unknown.slice(0, MAX_REPORTED));

  const changeValue = attributes.get(BehaviourAttribute.CHANGE_REQUEST);
  const change = changeValue === undefined ? { ip: false, port: false } : decodeChangeRequest(changeValue);
  if (!change) return refuse(400);
  const place = site && placeAfter(change, site);
  if (!place && (change.ip || change.port)) return refuse(420, [BehaviourAttribute.CHANGE_REQUEST]);

  const writer = open(request, MessageClass.SUCCESS).attribute(
    StunAttribute.MAPPED_ADDRESS,
    encodePlainAddress(client),
  );
  if (place) writer.attribute(ClassicAttribute.SOURCE_ADDRESS, encodePlainAddress(place.advertised));
  if (site?.otherBoth) {
    writer.attribute(ClassicAttribute.CHANGED_ADDRESS, encodePlainAddress(site.otherBoth.advertised));
  }
  return { from: place?.local ?? server, to: client, bytes: close(request, writer) };
}

/** The writer puts the cookie where the first four bytes of the long transaction id belong; `close` sets them right. */
function open(request: ClassicRequest, messageClass: MessageClass): MessageWriter {
  return new MessageWriter(StunMethod.BINDING, messageClass, request.bytes.subarray(8, HEADER_BYTES), 64);
}

function close(request: ClassicRequest, writer: MessageWriter): Uint8Array {
  const bytes = writer.finish();
  bytes.set(request.bytes.subarray(4, 8), 4);
  return bytes;
}

/** RFC 3489 §11.2.10: without padding, an odd list repeats one of its entries. */
function evenly(types: readonly number[]): readonly number[] {
  return types.length % 2 === 0 ? types : [...types, ...types.slice(-1)];
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/**
 * The answer to a Binding request of NAT behaviour discovery: what is in it, which socket it leaves from, where it goes.
 * Knows no socket and counts nobody. RFC 5780 §6.1.
 *
 * Two departures, for safety's sake and for usefulness'. PADDING of an answer is never longer than that of its request
 * (§6.1: SHOULD be the MTU), so that the server multiplies nothing. With one address only, CHANGE-REQUEST for the other
 * port alone is carried out (§6: 420), since it tells whether a NAT lets in what comes from another port.
 */
import type { SocketAddress } from '../base/index.ts';
import { isComprehensionRequired, StunAttribute } from './attribute-types.ts';
import {
  BehaviourAttribute,
  type ChangeRequest,
  decodeChangeRequest,
  decodeResponsePort,
} from './behaviour-attributes.ts';
import type { BehaviourPlace, BehaviourSite } from './behaviour-sites.ts';
import type { StunMessage } from './message.ts';
import { MessageClass } from './message-type.ts';
import { MessageWriter } from './message-writer.ts';
import { encodePlainAddress } from './plain-address.ts';

/** An answer and its way. `bytes` are given away. */
export interface BindingAnswer {
  /** The local address of the socket that it must leave from. */
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

/** RFC 5780 §7.6: as long as the MTU of the outgoing interface, so that the datagram is fragmented; Ethernet's. */
const MAX_PADDING_BYTES = 1500;

/** No honest message has so many; bounds the answer. */
const MAX_REPORTED = 8;

const STAY: ChangeRequest = { ip: false, port: false };

const KNOWN = new Set<number>([
  ...Object.values(StunAttribute),
  BehaviourAttribute.CHANGE_REQUEST,
  BehaviourAttribute.PADDING,
  BehaviourAttribute.RESPONSE_PORT,
]);

/** `request` is a Binding request that came from `client` to `site.here`. Borrowed. */
export function behaviourAnswer(
  request: StunMessage,
  client: SocketAddress,
  site: BehaviourSite,
): BindingAnswer {
  const refuse = (code: number, unknown: readonly number[] = []): BindingAnswer => {
    return { from: site.here.local, to: client, bytes: errorResponse(request, code, unknown) };
  };
  const unknown = unknownInBinding(request);
  if (unknown.length > 0) return refuse(420, unknown);

  const changeValue = request.get(BehaviourAttribute.CHANGE_REQUEST);
  const change = changeValue === undefined ? STAY : decodeChangeRequest(changeValue);
  if (!change) return refuse(400);
  const origin = placeAfter(change, site);
  if (!origin) return refuse(420, [BehaviourAttribute.CHANGE_REQUEST]);

  const padding = request.get(BehaviourAttribute.PADDING);
  const portValue = request.get(BehaviourAttribute.RESPONSE_PORT);
  // §6.1, §10: together they would send much to somebody who did not ask.
  if (padding && portValue) return refuse(400);
  const port = portValue === undefined ? client.port : decodeResponsePort(portValue);
  if (port === undefined) return refuse(400);

  const writer = new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId)
    .xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, client)
    .attribute(StunAttribute.MAPPED_ADDRESS, encodePlainAddress(client))
    .attribute(BehaviourAttribute.RESPONSE_ORIGIN, encodePlainAddress(origin.advertised));
  if (site.otherBoth) {
    writer.attribute(BehaviourAttribute.OTHER_ADDRESS, encodePlainAddress(site.otherBoth.advertised));
  }
  if (padding) {
    const length = Math.min((padding.length + 3) & ~3, MAX_PADDING_BYTES);
    writer.attribute(BehaviourAttribute.PADDING, new Uint8Array(length));
  }
  return { from: origin.local, to: { ip: client.ip, port }, bytes: writer.finish() };
}

/** Table 1; `undefined` when there is no such socket. */
export function placeAfter(change: ChangeRequest, site: BehaviourSite): BehaviourPlace | undefined {
  if (change.ip) return change.port ? site.otherBoth : site.otherIp;
  return change.port ? site.otherPort : site.here;
}

function unknownInBinding(request: StunMessage): number[] {
  const unknown = request
    .attributeTypes()
    .filter((type) => isComprehensionRequired(type) && !KNOWN.has(type));
  return [...new Set(unknown)].slice(0, MAX_REPORTED);
}

/** Without a reason phrase: the source of the request may be forged. */
function errorResponse(request: StunMessage, code: number, unknown: readonly number[]): Uint8Array {
  const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId).errorCode(code);
  if (unknown.length > 0) writer.unknownAttributes(unknown);
  return writer.finish();
}

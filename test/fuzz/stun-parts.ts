/** A STUN message taken apart, bent in ways that keep it a message, and put together again. */
import { decodeHex, type SeededRandom, type SocketAddress } from '../../src/base/index.ts';
import {
  type Attribute,
  decodeMessage,
  encodeXorAddress,
  type MessageClass,
  MessageWriter,
  StunAttribute,
} from '../../src/stun/index.ts';
import { TurnAttribute, TurnMethod } from '../../src/turn/index.ts';
import { damage, oddNumber, once, pick } from './damage.ts';

export interface Parts {
  method: number;
  class: MessageClass;
  id: Uint8Array;
  attributes: Attribute[];
}

/** What proves who one is; whoever says the message adds their own. */
const CREDENTIALS: ReadonlySet<number> = new Set([
  StunAttribute.USERNAME,
  StunAttribute.USERHASH,
  StunAttribute.REALM,
  StunAttribute.NONCE,
  StunAttribute.PASSWORD_ALGORITHM,
  StunAttribute.PASSWORD_ALGORITHMS,
  StunAttribute.MESSAGE_INTEGRITY,
  StunAttribute.MESSAGE_INTEGRITY_SHA256,
  StunAttribute.FINGERPRINT,
]);

const METHODS: readonly number[] = [1, ...Object.values(TurnMethod), 0x0ff];
const TYPES: readonly number[] = [...Object.values(StunAttribute), ...Object.values(TurnAttribute)];

/** Peers that a relay must never send to, in every disguise, and some that it may. */
export const ODD_PEERS: readonly SocketAddress[] = [
  '0.0.0.0',
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '192.168.1.1',
  '224.0.0.1',
  '255.255.255.255',
  '198.51.100.1',
  '192.0.2.7',
  '192.0.2.8',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::1',
  '2001:0:0:0:0:0:80ff:fffe',
  'fe80::5efe:127.0.0.1',
  'ff02::1',
  'fd00::1',
  '2001:db8:1::1',
  '2001:db8::7',
].flatMap((ip) => [0, 3478, 9000].map((port) => ({ ip, port })));

/** `undefined` for what is no STUN. Credentials are left out. */
export function takeApart(bytes: Uint8Array): Parts | undefined {
  const message = decodeMessage(bytes);
  if (!message) return undefined;
  return {
    method: message.method,
    class: message.class,
    id: message.transactionId.slice(),
    attributes: message
      .attributes()
      .filter(({ type }) => !CREDENTIALS.has(type))
      .map(({ type, value }) => ({ type, value: value.slice() })),
  };
}

/** The message without integrity and fingerprint: what `seal` adds is the caller's. */
export function putTogether(parts: Parts, seal: (writer: MessageWriter) => void = () => {}): Uint8Array {
  const writer = new MessageWriter(parts.method, parts.class, parts.id);
  for (const { type, value } of parts.attributes) writer.attribute(type, value);
  seal(writer);
  return writer.finish();
}

/** Up to three changes. `pool`: attributes of other messages; `peers`: addresses that mean something just now. */
export function bend(
  random: SeededRandom,
  parts: Parts,
  pool: readonly Attribute[],
  peers: readonly SocketAddress[],
): void {
  for (let i = random.uint32() % 4; i > 0; i--) bendOnce(random, parts, pool, peers);
}

function bendOnce(
  random: SeededRandom,
  parts: Parts,
  pool: readonly Attribute[],
  peers: readonly SocketAddress[],
): void {
  const { attributes } = parts;
  const at = attributes.length === 0 ? 0 : random.uint32() % attributes.length;
  const chosen = attributes[at];
  switch (random.uint32() % 9) {
    case 0:
      attributes.splice(at, 1);
      return;
    case 1:
      if (chosen) attributes.splice(random.uint32() % (attributes.length + 1), 0, chosen);
      return;
    case 2:
      attributes.splice(at, 0, pick(random, pool));
      return;
    case 3:
      attributes.splice(at, 0, { type: pick(random, TYPES), value: oddValue(random) });
      return;
    case 4:
      if (chosen) attributes[at] = { type: pick(random, TYPES), value: chosen.value };
      return;
    case 5:
      if (chosen)
        attributes[at] = { type: chosen.type, value: damage(random, chosen.value, []).slice(0, 1200) };
      return;
    case 6:
      if (chosen) attributes[at] = { type: chosen.type, value: oddValue(random) };
      return;
    case 7: {
      const peer = once(random, 2) ? pick(random, ODD_PEERS) : pick(random, peers);
      const place = attributes.findIndex(({ type }) => type === TurnAttribute.XOR_PEER_ADDRESS);
      const attribute = { type: TurnAttribute.XOR_PEER_ADDRESS, value: encodeXorAddress(peer, parts.id) };
      attributes.splice(place < 0 ? attributes.length : place, place < 0 ? 0 : 1, attribute);
      return;
    }
    default:
      if (once(random, 3)) parts.class = (random.uint32() & 3) as MessageClass;
      else parts.method = pick(random, METHODS);
  }
}

/** Lengths that attributes have, and lengths that they have not. */
function oddValue(random: SeededRandom): Uint8Array {
  if (once(random, 40)) return random.bytes(oddNumber(random, 1200));
  if (once(random, 4))
    return (
      decodeHex(pick(random, ['00000000', 'ffffffff', '0000000000000000', '11000000', '06000000'])) ??
      new Uint8Array(0)
    );
  return random.bytes(pick(random, [0, 1, 2, 3, 4, 5, 8, 9, 12, 16, 20, 21, 29, 32]));
}

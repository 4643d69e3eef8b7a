/** NAT behaviour discovery and its forerunner: where an answer leaves from, where it goes, what it holds. RFC 5780 §6.1, RFC 3489 §8.1. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, type SocketAddress } from '../../../src/base/index.ts';
import {
  BehaviourAttribute,
  type BehaviourSite,
  type BindingAnswer,
  behaviourAnswer,
  behaviourSites,
  ClassicAttribute,
  classicAnswer,
  decodeClassicRequest,
  decodeErrorCode,
  decodeMessage,
  decodePlainAddress,
  decodeUnknownAttributes,
  decodeXorAddress,
  encodeChangeRequest,
  encodeResponsePort,
  MessageClass,
  MessageWriter,
  StunAttribute,
  type StunMessage,
  StunMethod,
} from '../../../src/stun/index.ts';

const A1 = '198.51.100.1';
const A2 = '198.51.100.2';
const P1 = 3478;
const P2 = 3479;
const CLIENT: SocketAddress = { ip: '203.0.113.5', port: 40_000 };
const ID = new Uint8Array(12).fill(7);

const bare = (ip: string) => ({ local: ip, advertised: ip });
const TWO = behaviourSites({ ips: [bare(A1)], alternate: bare(A2), port: P1, alternatePort: P2 });
const ONE = behaviourSites({ ips: [bare(A1)], port: P1, alternatePort: P2 });

function siteAt(sites: ReadonlyMap<string, BehaviourSite>, ip: string, port: number): BehaviourSite {
  const site = sites.get(formatAddress({ ip, port }));
  assert.ok(site);
  return site;
}

function request(fill: (writer: MessageWriter) => void = () => {}): StunMessage {
  const writer = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, ID);
  fill(writer);
  const message = decodeMessage(writer.finish());
  assert.ok(message);
  return message;
}

function change(ip: boolean, port: boolean): (writer: MessageWriter) => void {
  return (writer) => writer.attribute(BehaviourAttribute.CHANGE_REQUEST, encodeChangeRequest({ ip, port }));
}

function read({ bytes }: BindingAnswer): StunMessage {
  const message = decodeMessage(bytes);
  assert.ok(message);
  return message;
}

function plain(message: StunMessage, type: number): string | undefined {
  const value = message.get(type);
  const address = value && decodePlainAddress(value);
  return address && formatAddress(address);
}

function errorOf(answer: BindingAnswer): { code: number | undefined; unknown: number[] } {
  const message = read(answer);
  return {
    code: decodeErrorCode(message.get(StunAttribute.ERROR_CODE) ?? new Uint8Array(0))?.code,
    unknown: decodeUnknownAttributes(message.get(StunAttribute.UNKNOWN_ATTRIBUTES) ?? new Uint8Array(0)),
  };
}

describe('two addresses, two ports (RFC 5780 §6.1)', () => {
  test('table 1, from each of the four places: the answer leaves from where the flags say, and names the opposite corner', () => {
    for (const [Da, Ca] of [
      [A1, A2],
      [A2, A1],
    ] as const) {
      for (const [Dp, Cp] of [
        [P1, P2],
        [P2, P1],
      ] as const) {
        const site = siteAt(TWO, Da, Dp);
        const from = (ip: boolean, port: boolean): string[] => {
          const answer = behaviourAnswer(request(change(ip, port)), CLIENT, site);
          const message = read(answer);
          return [
            formatAddress(answer.from),
            plain(message, BehaviourAttribute.RESPONSE_ORIGIN) ?? '',
            plain(message, BehaviourAttribute.OTHER_ADDRESS) ?? '',
          ];
        };
        const corner = `${Ca}:${Cp}`;
        assert.deepEqual(from(false, false), [`${Da}:${Dp}`, `${Da}:${Dp}`, corner]);
        assert.deepEqual(from(true, false), [`${Ca}:${Dp}`, `${Ca}:${Dp}`, corner]);
        assert.deepEqual(from(false, true), [`${Da}:${Cp}`, `${Da}:${Cp}`, corner]);
        assert.deepEqual(from(true, true), [corner, corner, corner]);
      }
    }
  });

  test('a plain request hears both mapped addresses, the origin and the other address, and nothing else', () => {
    const answer = behaviourAnswer(request(), CLIENT, siteAt(TWO, A1, P1));
    const message = read(answer);
    assert.deepEqual(answer.to, CLIENT);
    assert.deepEqual(message.attributeTypes(), [
      StunAttribute.XOR_MAPPED_ADDRESS,
      StunAttribute.MAPPED_ADDRESS,
      BehaviourAttribute.RESPONSE_ORIGIN,
      BehaviourAttribute.OTHER_ADDRESS,
    ]);
    assert.equal(plain(message, StunAttribute.MAPPED_ADDRESS), formatAddress(CLIENT));
    const mapped = message.get(StunAttribute.XOR_MAPPED_ADDRESS);
    assert.deepEqual(mapped && decodeXorAddress(mapped, ID), CLIENT);
    assert.equal(answer.bytes.length, 68);
  });

  test('behind a 1:1 NAT clients are told the addresses that they can reach', () => {
    const sites = behaviourSites({
      ips: [{ local: '10.0.0.1', advertised: A1 }],
      alternate: { local: '10.0.0.2', advertised: A2 },
      port: P1,
      alternatePort: P2,
    });
    const answer = behaviourAnswer(request(change(true, true)), CLIENT, siteAt(sites, '10.0.0.1', P1));
    assert.deepEqual(answer.from, { ip: '10.0.0.2', port: P2 });
    assert.equal(plain(read(answer), BehaviourAttribute.RESPONSE_ORIGIN), `${A2}:${P2}`);
  });

  test('with further addresses each of them has the alternate one as its other', () => {
    const sites = behaviourSites({
      ips: [A1, A2, '198.51.100.3'].map(bare),
      alternate: bare(A2),
      port: P1,
      alternatePort: P2,
    });
    assert.equal(sites.size, 6);
    assert.equal(siteAt(sites, '198.51.100.3', P1).otherBoth?.local.ip, A2);
    assert.equal(siteAt(sites, A2, P2).otherBoth?.local.ip, A1);
  });
});

describe('one address, two ports', () => {
  const site = siteAt(ONE, A1, P1);

  test('§7.4: OTHER-ADDRESS is never given', () => {
    assert.equal(read(behaviourAnswer(request(), CLIENT, site)).has(BehaviourAttribute.OTHER_ADDRESS), false);
  });

  test('the other port can be asked for, the other address is answered with 420', () => {
    assert.deepEqual(behaviourAnswer(request(change(false, true)), CLIENT, site).from, { ip: A1, port: P2 });
    for (const port of [false, true]) {
      const answer = behaviourAnswer(request(change(true, port)), CLIENT, site);
      assert.deepEqual(errorOf(answer), { code: 420, unknown: [BehaviourAttribute.CHANGE_REQUEST] });
      assert.deepEqual([answer.from, answer.to], [site.here.local, CLIENT]);
    }
  });
});

describe('what could be misused (RFC 5780 §6.1, §10)', () => {
  const site = siteAt(TWO, A1, P1);
  const padding = (length: number) => (writer: MessageWriter) =>
    writer.attribute(BehaviourAttribute.PADDING, new Uint8Array(length).fill(0xaa));
  const responsePort = (port: number) => (writer: MessageWriter) =>
    writer.attribute(BehaviourAttribute.RESPONSE_PORT, encodeResponsePort(port));

  test('RESPONSE-PORT changes the port and never the address', () => {
    const { to } = behaviourAnswer(request(responsePort(50_123)), CLIENT, site);
    assert.deepEqual(to, { ip: CLIENT.ip, port: 50_123 });
  });

  test('RESPONSE-PORT 0, or of a wrong length, is 400 and goes to who asked', () => {
    for (const value of [encodeResponsePort(0), new Uint8Array(2)]) {
      const fill = (writer: MessageWriter) => writer.attribute(BehaviourAttribute.RESPONSE_PORT, value);
      const answer = behaviourAnswer(request(fill), CLIENT, site);
      assert.equal(errorOf(answer).code, 400);
      assert.deepEqual(answer.to, CLIENT);
    }
  });

  test('RESPONSE-PORT with PADDING is 400', () => {
    const both = request((writer) => {
      responsePort(50_123)(writer);
      padding(1000)(writer);
    });
    const answer = behaviourAnswer(both, CLIENT, site);
    assert.equal(errorOf(answer).code, 400);
    assert.deepEqual(answer.to, CLIENT);
  });

  test('PADDING comes back no longer than it was, never longer than an MTU, and holds none of our memory', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), (length) => {
        const asked = request(padding(length));
        const answer = behaviourAnswer(asked, CLIENT, site);
        const back = read(answer).get(BehaviourAttribute.PADDING);
        assert.ok(back);
        assert.equal(back.length, Math.min((length + 3) & ~3, 1500));
        assert.ok(back.every((byte) => byte === 0));
        assert.ok(answer.bytes.length <= asked.bytes.length + 48);
      }),
      { numRuns: 50 },
    );
  });

  test('a CHANGE-REQUEST of a wrong length is 400, an unknown attribute 420', () => {
    const short = request((writer) => writer.attribute(BehaviourAttribute.CHANGE_REQUEST, Uint8Array.of(6)));
    assert.equal(errorOf(behaviourAnswer(short, CLIENT, site)).code, 400);
    const strange = request((writer) => writer.flag(0x7abc));
    assert.deepEqual(errorOf(behaviourAnswer(strange, CLIENT, site)), { code: 420, unknown: [0x7abc] });
  });
});

describe('RFC 3489 clients', () => {
  const LONG_ID = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

  function classic(...attributes: readonly (readonly [number, Uint8Array])[]): Uint8Array {
    const body = attributes.flatMap(([type, value]) => [
      ...[type >> 8, type & 0xff, value.length >> 8, value.length & 0xff],
      ...value,
    ]);
    return Uint8Array.of(0, 1, body.length >> 8, body.length & 0xff, ...LONG_ID, ...body);
  }

  /** The attributes of an answer, whose header is checked. */
  function answered(
    bytes: Uint8Array,
    site: BehaviourSite | undefined,
    type = 0x0101,
  ): { answer: BindingAnswer; attributes: Map<number, Uint8Array> } {
    const decoded = decodeClassicRequest(bytes);
    assert.ok(decoded);
    const answer = classicAnswer(decoded, CLIENT, { ip: A1, port: P1 }, site);
    const view = new DataView(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.length);
    assert.equal(view.getUint16(0), type);
    assert.equal(view.getUint16(2), answer.bytes.length - 20);
    assert.deepEqual(answer.bytes.slice(4, 20), LONG_ID);
    const attributes = new Map<number, Uint8Array>();
    for (let at = 20; at < answer.bytes.length; at += 4 + view.getUint16(at + 2)) {
      attributes.set(view.getUint16(at), answer.bytes.slice(at + 4, at + 4 + view.getUint16(at + 2)));
    }
    return { answer, attributes };
  }

  const addressIn = (value: Uint8Array | undefined): string | undefined => {
    const address = value && decodePlainAddress(value);
    return address && formatAddress(address);
  };

  test('without discovery: MAPPED-ADDRESS in 32 bytes, under the transaction id of 16 bytes', () => {
    const { answer, attributes } = answered(classic(), undefined);
    assert.deepEqual([...attributes.keys()], [StunAttribute.MAPPED_ADDRESS]);
    assert.equal(addressIn(attributes.get(StunAttribute.MAPPED_ADDRESS)), formatAddress(CLIENT));
    assert.equal(answer.bytes.length, 32);
    assert.deepEqual([answer.from, answer.to], [{ ip: A1, port: P1 }, CLIENT]);
  });

  test('with discovery: SOURCE-ADDRESS and CHANGED-ADDRESS, from where CHANGE-REQUEST says', () => {
    const site = siteAt(TWO, A1, P1);
    const flags = encodeChangeRequest({ ip: true, port: true });
    const { answer, attributes } = answered(classic([BehaviourAttribute.CHANGE_REQUEST, flags]), site);
    assert.deepEqual(answer.from, { ip: A2, port: P2 });
    assert.equal(addressIn(attributes.get(ClassicAttribute.SOURCE_ADDRESS)), `${A2}:${P2}`);
    assert.equal(addressIn(attributes.get(ClassicAttribute.CHANGED_ADDRESS)), `${A2}:${P2}`);
  });

  test('RESPONSE-ADDRESS, which could send answers to anybody, and CHANGE-REQUEST without discovery are 420, named twice', () => {
    const victim = Uint8Array.of(0, 1, 0, 53, 192, 0, 2, 1);
    const flags = encodeChangeRequest({ ip: false, port: true });
    for (const [type, value] of [
      [0x0002, victim],
      [BehaviourAttribute.CHANGE_REQUEST, flags],
    ] as const) {
      const { answer, attributes } = answered(classic([type, value]), undefined, 0x0111);
      assert.deepEqual(attributes.get(StunAttribute.UNKNOWN_ATTRIBUTES), Uint8Array.of(0, type, 0, type));
      assert.deepEqual(answer.to, CLIENT);
    }
  });

  test('shared secrets were never given: 430 with a name, 432 without', () => {
    const mac = [StunAttribute.MESSAGE_INTEGRITY, new Uint8Array(20)] as const;
    const code = (bytes: Uint8Array): number | undefined =>
      decodeErrorCode(answered(bytes, undefined, 0x0111).attributes.get(0x0009) ?? new Uint8Array(0))?.code;
    assert.equal(code(classic([StunAttribute.USERNAME, new Uint8Array(4)], mac)), 430);
    assert.equal(code(classic(mac)), 432);
  });

  test('only whole Binding requests without cookie are taken, whatever comes', () => {
    assert.equal(decodeClassicRequest(request().bytes), undefined);
    assert.equal(decodeClassicRequest(classic().subarray(0, 19)), undefined);
    assert.equal(decodeClassicRequest(Uint8Array.of(1, ...classic().subarray(1))), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        const bytes = classic();
        const all = Uint8Array.of(...bytes, ...noise);
        all[3] = noise.length;
        const decoded = decodeClassicRequest(all);
        if (decoded) classicAnswer(decoded, CLIENT, { ip: A1, port: P1 }, undefined);
      }),
    );
  });
});

/** The capture file, byte by byte where it matters, read back by a reader of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodePcapng,
  Host,
  NAT_PRESETS,
  Nat,
  Network,
  type PacketRecord,
  World,
} from '../../../src/vnet/index.ts';
import { bindUdp } from '../../support/vnet/pair.ts';

const EPOCH = 1_750_000_000_000;

interface Block {
  readonly type: number;
  readonly body: DataView;
}

/** Each block says its length before and after its body. */
function blocksOf(file: Uint8Array): readonly Block[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const blocks: Block[] = [];
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at + 4);
    assert.equal(length % 4, 0);
    assert.equal(view.getUint32(at + length - 4), length);
    blocks.push({
      type: view.getUint32(at),
      body: new DataView(file.buffer, file.byteOffset + at + 8, length - 12),
    });
    at += length;
  }
  return blocks;
}

function bytesOf(view: DataView, start: number, end = view.byteLength): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

function textOf(view: DataView): string {
  return Buffer.from(bytesOf(view, 0)).toString('latin1');
}

/** RFC 1071: what includes its own checksum sums up to all ones. */
function sumOf(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

const datagram: PacketRecord = {
  at: 1234.5,
  where: 'a',
  fate: 'sent',
  packet: {
    protocol: 'udp',
    from: { ip: '192.0.2.1', port: 0x1234 },
    to: { ip: '192.0.2.2', port: 0x5678 },
    payload: Uint8Array.of(1, 2, 3),
  },
};

test('a datagram: section, interface, packet, with time in microseconds', () => {
  const [section, network, packet, ...rest] = blocksOf(encodePcapng([datagram], EPOCH));
  assert.ok(section && network && packet);
  assert.equal(rest.length, 0);
  assert.deepEqual([section.type, section.body.getUint32(0)], [0x0a0d0d0a, 0x1a2b3c4d]);
  assert.deepEqual([network.type, network.body.getUint16(0)], [1, 101]);
  assert.match(textOf(network.body), /a/);
  assert.equal(packet.type, 6);
  const micros = packet.body.getUint32(4) * 2 ** 32 + packet.body.getUint32(8);
  assert.equal(micros, (EPOCH + 1234.5) * 1000);
  assert.deepEqual([packet.body.getUint32(12), packet.body.getUint32(16)], [31, 31]);
  const ip = bytesOf(packet.body, 20, 51);
  assert.deepEqual([...ip.subarray(0, 4)], [0x45, 0, 0, 31]);
  assert.deepEqual([...ip.subarray(8, 10)], [64, 17]);
  assert.deepEqual([...ip.subarray(12, 20)], [192, 0, 2, 1, 192, 0, 2, 2]);
  assert.equal(sumOf(ip.subarray(0, 20)), 0xffff, 'the header checksum is right');
  assert.deepEqual([...ip.subarray(20, 26)], [0x12, 0x34, 0x56, 0x78, 0, 11]);
  const pseudo = Uint8Array.of(192, 0, 2, 1, 192, 0, 2, 2, 0, 17, 0, 11);
  assert.equal(sumOf(pseudo, ip.subarray(20)), 0xffff, 'the UDP checksum is right');
});

test('IPv6 and TCP: lengths, flags, sequence numbers and checksum', () => {
  const [from, to] = [
    { ip: '2001:db8::1', port: 1 },
    { ip: '2001:db8::2', port: 2 },
  ];
  const record: PacketRecord = {
    at: 0,
    where: 'a',
    fate: 'lost',
    packet: {
      protocol: 'tcp',
      from,
      to,
      payload: Uint8Array.of(7),
      flags: { syn: true, ack: true },
      sequence: 2 ** 32 + 5,
      acknowledged: 9,
    },
  };
  const packet = blocksOf(encodePcapng([record], EPOCH))[2];
  assert.ok(packet);
  assert.match(textOf(packet.body), /lost/, 'what became of it is its comment');
  const ip = bytesOf(packet.body, 20, 20 + 61);
  assert.deepEqual([...ip.subarray(0, 8)], [0x60, 0, 0, 0, 0, 21, 6, 64]);
  const tcp = ip.subarray(40);
  assert.deepEqual([...tcp.subarray(0, 14)], [0, 1, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9, 0x50, 0x12]);
  assert.equal(sumOf(ip.subarray(8, 40), Uint8Array.of(0, 0, 0, 21, 0, 0, 0, 6), tcp), 0xffff);
});

test('a whole story: one interface for each place, all packets in the order of time', () => {
  const world = new World({ seed: 1 });
  const internet = new Network(world, 'internet');
  const server = new Host(internet, 'server', ['198.51.100.1']);
  const nat = new Nat(internet, 'nat', ['203.0.113.1'], NAT_PRESETS.symmetric);
  const inner = new Host(nat.inner, 'inner', ['10.0.0.2']);
  const [near, far] = [bindUdp(inner, '10.0.0.2'), bindUdp(server, '198.51.100.1', 7)];
  far.onDatagram((from, bytes) => far.send(bytes, from));
  near.send(Uint8Array.of(1), far.local);
  world.run(100);
  far.send(Uint8Array.of(2), { ip: '203.0.113.1', port: 9 });
  world.run(100);
  const blocks = blocksOf(encodePcapng(world.log.records, world.epoch));
  assert.deepEqual(
    blocks.map(({ type }) => type),
    [0x0a0d0d0a, 1, 1, 1, 6, 6, 6, 6, 6, 6],
  );
  assert.match(textOf(blocks.at(-1)?.body ?? new DataView(new ArrayBuffer(0))), /filtered/);
});

test('ICMP: about which datagram, with checksums of both kinds', () => {
  for (const [from, to] of [
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8::1', '2001:db8::2'],
  ] as const) {
    const world = new World({ seed: 1 });
    const network = new Network(world, 'net');
    const [a, b] = [new Host(network, 'a', [from]), new Host(network, 'b', [to])];
    bindUdp(a, from).send(Uint8Array.of(1, 2, 3), { ip: to, port: 9 });
    world.run(100);
    const record = world.log.records.findLast(({ packet }) => packet.protocol === 'icmp');
    assert.ok(record);
    const header = from.includes(':') ? 40 : 20;
    const packet = blocksOf(encodePcapng([record], EPOCH))[2];
    assert.ok(packet);
    const length = packet.body.getUint32(12);
    assert.equal(length, header + 8 + header + 8);
    const ip = bytesOf(packet.body, 20, 20 + length);
    const icmp = ip.subarray(header);
    if (header === 20) assert.deepEqual([ip[9], icmp[0], icmp[1], sumOf(icmp)], [1, 3, 3, 0xffff]);
    else {
      const pseudo = Uint8Array.of(0, 0, 0, icmp.length, 0, 0, 0, 58);
      assert.deepEqual([ip[6], icmp[0], icmp[1]], [58, 1, 4]);
      assert.equal(sumOf(ip.subarray(8, 40), pseudo, icmp), 0xffff);
    }
    assert.equal(b.socketCount, 0);
  }
});

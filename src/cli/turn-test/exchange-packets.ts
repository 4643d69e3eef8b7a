/** Packets through two relays and back: how many return, and how long that takes. */
import { concatBytes, type SocketAddress, StackError, sameBytes } from '../../base/index.ts';
import { monotonicNow, type TurnLink } from '../../node/index.ts';
import { type EchoFacts, percentile } from './report.ts';

/** As long as those of video. */
const PACKET_BYTES = 1000;
/** As often as sound is sent. */
const SPACING_MS = 20;
const LAST_WAIT_MS = 1_000;

/** `near` sends, `far` sends back what it gets. */
export async function exchangePackets(
  near: TurnLink,
  far: TurnLink,
  nearRelay: SocketAddress,
  farRelay: SocketAddress,
  packets: number,
): Promise<EchoFacts> {
  const sentAt: number[] = [];
  const tripsMs = new Map<number, number>();
  const endsAt = monotonicNow() + packets * SPACING_MS + LAST_WAIT_MS;
  const back = collect(near, endsAt, (number) => {
    const at = sentAt[number];
    if (at !== undefined && !tripsMs.has(number)) tripsMs.set(number, monotonicNow() - at);
    return tripsMs.size < packets;
  });
  const mirror = collect(far, endsAt, (_number, bytes) => {
    far.send(nearRelay, bytes);
    return tripsMs.size < packets;
  });
  for (let number = 0; number < packets; number++) {
    sentAt.push(monotonicNow());
    near.send(farRelay, packet(number));
    await new Promise((resolve) => setTimeout(resolve, SPACING_MS));
  }
  await back;
  far.stopReceiving();
  await mirror;
  const trips = [...tripsMs.values()];
  return {
    sent: packets,
    received: trips.length,
    bytes: PACKET_BYTES,
    p50Ms: percentile(trips, 0.5),
    p95Ms: percentile(trips, 0.95),
  };
}

/** Hands on what is one of our packets until `take` says that it is enough, or the time is over. */
async function collect(
  link: TurnLink,
  endsAt: number,
  take: (number: number, bytes: Uint8Array) => boolean,
): Promise<void> {
  for (let more = true; more; ) {
    const leftMs = endsAt - monotonicNow();
    if (leftMs <= 0) return;
    const bytes = await link.receive(leftMs).then(
      (event) => event.bytes,
      (error: unknown) => {
        if (error instanceof StackError) return undefined;
        throw error;
      },
    );
    if (bytes === undefined) return;
    const number = numberOf(bytes);
    if (number !== undefined) more = take(number, bytes);
  }
}

const MARK = Uint8Array.of(0x69, 0x65, 0x75, 0x6d); // "ieum"

function packet(number: number): Uint8Array {
  const head = concatBytes(MARK, Uint8Array.of(number >> 8, number & 0xff));
  return concatBytes(head, new Uint8Array(PACKET_BYTES - head.length).fill(number & 0xff));
}

/** `undefined` for a packet of somebody else, or one that was changed on its way. */
function numberOf(bytes: Uint8Array): number | undefined {
  const number = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0);
  return sameBytes(bytes, packet(number)) ? number : undefined;
}

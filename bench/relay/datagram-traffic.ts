/** Sends what is due and counts what comes, for one side of all sessions over UDP. Blocks its process until the end. */
import { nowUs } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import { Histogram } from './histogram.ts';
import type { TrafficJob, TrafficReport } from './jobs.ts';
import { cpuUsOf } from './process-facts.ts';
import { Schedule } from './shape.ts';
import { dataOffsetOf, finishSendIndication } from './turn-messages.ts';

/**
 * What is due is looked at this often. A network card gathers packets for about as long before it interrupts, so a
 * server sees no more and no less of a batch than it does from a real network.
 */
const TICK_US = 100;
const CHANNEL_HEADER_BYTES = 4;

/** One direction of one session. */
export interface Flow {
  readonly fromIp: number;
  readonly toIp: number;
  readonly toPort: number;
  readonly framing:
    | { readonly kind: 'bare' }
    | { readonly kind: 'channel'; readonly number: number }
    | { readonly kind: 'indication'; readonly header: Buffer };
}

/** What comes in: bare payloads, ChannelData, or Data indications. */
export type Incoming = 'bare' | 'channel' | 'indication';

export function runTraffic(
  port: DatagramPort,
  job: TrafficJob,
  flows: readonly Flow[],
  incoming: Incoming,
): TrafficReport {
  const { shape, windowFromUs, windowToUs, endUs } = job;
  const schedule = shape && new Schedule(shape, job.from, job.to, job.startUs);
  const latency = new Histogram();
  const sentBefore = port.sent;
  const droppedBefore = port.drops;
  let received = 0;
  let receivedInWindow = 0;
  let stamp = 0;
  let now = nowUs();
  const bytes = port.received;
  const handle = (offset: number, length: number): void => {
    const at = payloadOffset(bytes, offset, length, incoming);
    if (at < 0) return;
    received += 1;
    if (now < windowFromUs || now >= windowToUs) return;
    receivedInWindow += 1;
    latency.add(now - bytes.readDoubleLE(at));
  };
  const emit = (session: number, payloadBytes: number): void => {
    const flow = flows[session];
    if (flow) queuePacket(port, flow, payloadBytes, stamp);
  };
  let atStart: readonly [number, number] | undefined;
  let atEnd: readonly [number, number] | undefined;
  const readTimes = (): readonly [number, number] => [
    job.serverPid === undefined ? Number.NaN : cpuUsOf(job.serverPid),
    cpuUsOf(process.pid),
  ];
  let nextTickUs = job.startUs;
  while (now < endUs) {
    if (!atStart && now >= windowFromUs) atStart = readTimes();
    if (!atEnd && now >= windowToUs) atEnd = readTimes();
    if (schedule && now >= nextTickUs && now < windowToUs) {
      stamp = now;
      schedule.emitDue(now, emit);
      port.flush();
      nextTickUs = Math.max(nextTickUs + TICK_US, now);
    }
    const count = port.receive(handle);
    now = nowUs();
    if (count > 0) continue;
    const wakeUs = schedule && now < windowToUs ? nextTickUs : now + 1000;
    if (wakeUs > now + 5) {
      port.wait(wakeUs - now);
      now = nowUs();
    }
  }
  const [serverFrom, ownFrom] = atStart ?? [Number.NaN, Number.NaN];
  const [serverTo, ownTo] = atEnd ?? [Number.NaN, Number.NaN];
  return {
    sent: port.sent - sentBefore,
    received,
    receivedInWindow,
    dropped: port.drops - droppedBefore,
    skipped: schedule?.skipped ?? 0,
    latency: latency.data,
    serverCpuUs: serverTo - serverFrom,
    ownCpuUs: ownTo - ownFrom,
  };
}

function queuePacket(port: DatagramPort, flow: Flow, payloadBytes: number, stamp: number): void {
  const { fromIp, toIp, toPort, framing } = flow;
  if (framing.kind === 'bare') {
    port.queue(fromIp, toIp, toPort, payloadBytes).writeDoubleLE(stamp, 0);
  } else if (framing.kind === 'channel') {
    const packet = port.queue(fromIp, toIp, toPort, CHANNEL_HEADER_BYTES + payloadBytes);
    packet.writeUInt16BE(framing.number, 0);
    packet.writeUInt16BE(payloadBytes, 2);
    packet.writeDoubleLE(stamp, CHANNEL_HEADER_BYTES);
  } else {
    const { header } = framing;
    const padding = -payloadBytes & 3;
    const packet = port.queue(fromIp, toIp, toPort, header.length + payloadBytes + padding);
    header.copy(packet);
    finishSendIndication(packet, header.length, payloadBytes, port.sent);
    packet.writeDoubleLE(stamp, header.length);
  }
}

/** Where the payload begins; -1 for what is none, such as a late answer to a request. */
function payloadOffset(bytes: Buffer, offset: number, length: number, incoming: Incoming): number {
  if (incoming === 'bare') return length >= 8 ? offset : -1;
  const type = bytes.readUInt16BE(offset);
  if (incoming === 'channel') return type >> 14 === 1 ? offset + CHANNEL_HEADER_BYTES : -1;
  return type === 0x0017 ? dataOffsetOf(bytes, offset, length) : -1;
}

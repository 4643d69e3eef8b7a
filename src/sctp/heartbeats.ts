/** HEARTBEATs: is the peer still there while nothing is under way, and how large may packets be? RFC 9260 §8.3, RFC 8899 §6.2. */
import { sameBytes } from '../base/index.ts';
import type { AssociationContext, Link } from './association-context.ts';
import { ChunkType, ParameterType } from './code-points.ts';
import { CHUNK_HEADER_BYTES, readU32 } from './packet.ts';

/** Random, so that nobody answers a question that was not asked. */
const NONCE_BYTES = 8;
/** Heartbeat Info: type, length, nonce, the size of the packet (0: no probe). RFC 9260 §3.3.5. */
const INFO_BYTES = 4 + NONCE_BYTES + 4;

export class Heartbeats {
  readonly #context: AssociationContext;
  /** Of the heartbeat that is not answered yet. */
  #asked: Uint8Array | undefined;
  #probe: Uint8Array | undefined;

  constructor(context: AssociationContext) {
    this.#context = context;
  }

  /** The timer has fired. §8.3. */
  beat(link: Link): void {
    const context = this.#context;
    if (this.#asked) context.errors += 1;
    if (!link.outbound.hasOutstanding) {
      this.#asked = this.#info(0);
      context.reply({ type: ChunkType.HEARTBEAT, flags: 0, value: this.#asked });
    }
    context.writer.rest();
    context.timers.set('heartbeat', context.now + context.timing.heartbeatMs + link.outbound.rto.ms);
  }

  /** Sends the probe that is due: a heartbeat, and padding up to the size that is tried. RFC 8899 §6.2.1, RFC 4820 §3. */
  probe(link: Link): void {
    const context = this.#context;
    const packetBytes = context.pathMtu.takeProbe(context.now, link.outbound.rto.ms);
    if (packetBytes === undefined) return;
    this.#probe = this.#info(packetBytes);
    const writer = context.writer.begin(link.peerTag, packetBytes);
    writer.chunk(ChunkType.HEARTBEAT, 0, this.#probe);
    const padBytes = writer.roomBytes - CHUNK_HEADER_BYTES;
    if (padBytes >= 0) {
      const at = writer.open(ChunkType.PAD, 0, padBytes);
      writer.bytes.fill(0, at, at + padBytes);
    }
    context.transmits.push(writer.finish(link.extensions.zeroChecksum));
    writer.rest(); // a probe is large, and what follows it may be nothing
  }

  handleAck(link: Link, value: Uint8Array): void {
    const context = this.#context;
    if (this.#probe && sameBytes(value, this.#probe)) {
      this.#probe = undefined;
      context.pathMtu.handleProbeAck(context.now, readU32(value, INFO_BYTES - 4));
      context.usePathMtu();
    } else if (this.#asked && sameBytes(value, this.#asked)) {
      this.#asked = undefined;
      context.errors = 0;
      link.outbound.errors = 0;
    }
  }

  #info(packetBytes: number): Uint8Array {
    const info = new Uint8Array(INFO_BYTES);
    const view = new DataView(info.buffer);
    view.setUint16(0, ParameterType.HEARTBEAT_INFO);
    view.setUint16(2, INFO_BYTES);
    info.set(this.#context.env.random.bytes(NONCE_BYTES), 4);
    view.setUint32(INFO_BYTES - 4, packetBytes);
    return info;
  }
}

/** What the parts of an association share: its state, its queues, its timers. Handles no chunk. */
import { type Env, type Millis, Queue, TimerTable } from '../base/index.ts';
import { CauseCode, ChunkType } from './code-points.ts';
import { CookieJar } from './cookie.ts';
import { encodeTextCause } from './error-cause.ts';
import type { SctpError, SctpEvent } from './events.ts';
import { type Agreement, freshInit } from './handshake.ts';
import { Inbound } from './inbound.ts';
import { type Extensions, type InitFacts, sharedExtensions } from './init-chunk.ts';
import {
  DEFAULT_MAX_PACKET_BYTES,
  DEFAULT_MAX_WINDOW_BYTES,
  DEFAULT_RECEIVE_WINDOW_BYTES,
  DEFAULT_STREAMS,
  DEFAULT_TIMING,
  type SctpOptions,
  type SctpTiming,
} from './options.ts';
import { Outbound } from './outbound.ts';
import { CHUNK_HEADER_BYTES, type Chunk, PACKET_HEADER_BYTES } from './packet.ts';
import { PacketWriter } from './packet-writer.ts';
import { LARGEST_PACKET_BYTES, PathMtu } from './path-mtu.ts';
import { StreamReset } from './stream-reset.ts';

/** What exists once both sides have agreed: the RFC's TCB. */
export interface Link {
  readonly ownTag: number;
  readonly peerTag: number;
  readonly extensions: Extensions;
  /** What the peer says it can read; `undefined` when it says nothing. */
  readonly peerLargestPacketBytes: number | undefined;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly resets: StreamReset;
}

export type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'cookie-wait'; readonly own: InitFacts }
  | {
      readonly kind: 'cookie-echoed';
      readonly own: InitFacts;
      readonly cookie: Uint8Array;
      readonly link: Link;
    }
  | { readonly kind: 'established'; readonly own: InitFacts; readonly link: Link }
  | {
      readonly kind: 'shutdown-pending' | 'shutdown-sent' | 'shutdown-received' | 'shutdown-ack-sent';
      readonly own: InitFacts;
      readonly link: Link;
    }
  | { readonly kind: 'closed' };

const NO_ROOM = { beforeBytes: 0, afterBytes: 0 };
/** As many as a packet carries, and some. */
const MAX_REPLIES = 256;

export type TimerName = 'init' | 'shutdown' | 'heartbeat';

export class AssociationContext {
  readonly env: Env;
  readonly options: SctpOptions;
  readonly timing: SctpTiming;
  readonly pathMtu: PathMtu;
  /** Of all packets, one after the other. */
  readonly writer: PacketWriter;
  readonly #basePacketBytes: number;
  readonly jar: CookieJar;
  readonly timers = new TimerTable<TimerName>();
  readonly transmits = new Queue<Uint8Array>();
  readonly events = new Queue<SctpEvent>();
  /** Chunks that answer, to leave with the next packet. */
  readonly replies = new Queue<Chunk>();
  state: State = { kind: 'idle' };
  now: Millis = 0;
  /** Timeouts in a row of INIT, COOKIE ECHO, SHUTDOWN or HEARTBEAT. */
  errors = 0;
  /** Packets that were not for this association, or broken. */
  discarded = 0;

  constructor(env: Env, options: SctpOptions) {
    this.env = env;
    this.options = options;
    this.timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#basePacketBytes = (options.maxPacketBytes ?? DEFAULT_MAX_PACKET_BYTES) & ~3;
    this.pathMtu = new PathMtu(this.#basePacketBytes);
    const { localPort, remotePort, packetRoom = NO_ROOM } = options;
    this.writer = new PacketWriter(localPort, remotePort, packetRoom);
    this.jar = new CookieJar(env.crypto, options.cookieSecret);
  }

  get link(): Link | undefined {
    return 'link' in this.state ? this.state.link : undefined;
  }

  /** Data may leave, and acknowledgements with it. RFC 9260 §4, §9.2. */
  get mayCarryData(): boolean {
    const { kind } = this.state;
    return kind === 'established' || kind === 'shutdown-pending' || kind === 'shutdown-received';
  }

  get acceptsZeroChecksum(): boolean {
    return this.options.zeroChecksum ?? true;
  }

  freshInit(): InitFacts {
    const { receiveWindowBytes = DEFAULT_RECEIVE_WINDOW_BYTES } = this.options;
    return freshInit(this.env.random, {
      receiveWindowBytes,
      outboundStreams: this.options.outboundStreams ?? DEFAULT_STREAMS,
      inboundStreams: this.options.inboundStreams ?? DEFAULT_STREAMS,
      extensions: {
        partialReliability: true,
        interleaving: this.options.interleaving ?? true,
        reconfiguration: true,
        zeroChecksum: this.options.zeroChecksum ?? true,
      },
      largestPacketBytes: LARGEST_PACKET_BYTES,
    });
  }

  makeLink({ own, peer }: Agreement): Link {
    const extensions = sharedExtensions(own.extensions, peer.extensions);
    const { receiveWindowBytes = DEFAULT_RECEIVE_WINDOW_BYTES } = this.options;
    const { rtoInitialMs, rtoMinMs, rtoMaxMs, delayedSackMs } = this.timing;
    return {
      ownTag: own.tag,
      peerTag: peer.tag,
      extensions,
      peerLargestPacketBytes: peer.largestPacketBytes,
      // §5.1.1: no more than the other end takes.
      outboundStreams: Math.min(own.outboundStreams, peer.inboundStreams),
      inboundStreams: Math.min(own.inboundStreams, peer.outboundStreams),
      inbound: new Inbound(peer.initialTsn, extensions.interleaving, { receiveWindowBytes, delayedSackMs }),
      outbound: new Outbound(own.initialTsn, peer.receiveWindowBytes, extensions, {
        basePacketBytes: this.#basePacketBytes,
        maxWindowBytes: this.options.maxWindowBytes ?? DEFAULT_MAX_WINDOW_BYTES,
        rto: { initialMs: rtoInitialMs, minMs: rtoMinMs, maxMs: rtoMaxMs },
      }),
      resets: new StreamReset(own.initialTsn, peer.initialTsn),
    };
  }

  /**
   * A chunk that leaves with the next packet. A peer that asks faster than packets leave, or for more than a packet holds, is
   * not answered.
   */
  reply(chunk: Chunk): void {
    const packetBytes = PACKET_HEADER_BYTES + CHUNK_HEADER_BYTES + chunk.value.length;
    if (this.replies.length < MAX_REPLIES && packetBytes <= this.#basePacketBytes) this.replies.push(chunk);
  }

  /** The path carries larger packets than before, or smaller ones. */
  usePathMtu(): void {
    this.link?.outbound.usePacketBytes(this.pathMtu.packetBytes);
  }

  /** A packet with one chunk that does not wait for others. It may be longer than a data packet: INIT ACK, COOKIE ECHO. */
  transmit(tag: number, type: number, value: Uint8Array, zeroChecksum = false): void {
    const capacity = PACKET_HEADER_BYTES + CHUNK_HEADER_BYTES + ((value.length + 3) & ~3);
    this.transmits.push(this.writer.begin(tag, capacity).chunk(type, 0, value).finish(zeroChecksum));
  }

  violation(what: string): false {
    const link = this.link;
    if (link) {
      const cause = encodeTextCause(CauseCode.PROTOCOL_VIOLATION, what);
      this.transmit(link.peerTag, ChunkType.ABORT, cause, link.extensions.zeroChecksum);
    }
    this.finish({ code: 'SCTP_PROTOCOL_VIOLATION', reason: `The peer sent ${what}.` });
    return false;
  }

  finish(error: SctpError | undefined): void {
    if (this.state.kind === 'closed') return;
    this.state = { kind: 'closed' };
    this.timers.clearAll();
    this.replies.clear();
    this.events.push({ type: 'closed', error });
  }

  /** RFC 9260 §8.1: so many timeouts in a row, and the peer counts as gone. */
  checkErrors(link: Link): void {
    const worst = Math.max(this.errors, link.outbound.errors, link.resets.errors);
    if (worst <= this.timing.maxRetransmits) return;
    const reason = `The peer acknowledged nothing ${worst} times in a row.`;
    this.finish({ code: 'SCTP_TOO_MANY_RETRIES', reason });
  }
}

/** Setting an association up: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, from either end or both. RFC 9260 §5. */
import type { Millis } from '../base/index.ts';
import type { AssociationContext, Link } from './association-context.ts';
import { CauseCode, ChunkType } from './code-points.ts';
import { answerInit, judgeCookie } from './handshake.ts';
import { type DecodedInit, decodeInit, encodeInit, type InitFacts, plainInit } from './init-chunk.ts';
import type { Packet } from './packet.ts';

export class SetUp {
  readonly #context: AssociationContext;
  /** Of the last INIT. */
  #answeredTag: number | undefined;

  constructor(context: AssociationContext) {
    this.#context = context;
  }

  /** RFC 9260 §5.1 A. */
  connect(): void {
    const context = this.#context;
    context.state = { kind: 'cookie-wait', own: context.freshInit() };
    context.errors = 0;
    this.#sendInit();
  }

  /** §5.1 B, §5.2.1, §5.2.2. */
  handleInit(value: Uint8Array): void {
    const decoded = decodeInit(value);
    const { kind } = this.#context.state;
    if (!decoded || kind === 'shutdown-ack-sent') return;
    const { facts: peer, unrecognized } = decoded;
    this.#answer(peer, unrecognized, (own) => own);
    // Who asks again may not have understood.
    if (peer.tag === this.#answeredTag) this.#answer(peer, unrecognized, plainInit);
    this.#answeredTag = peer.tag;
  }

  #answer(
    peer: InitFacts,
    unrecognized: DecodedInit['unrecognized'],
    adapt: (own: InitFacts) => InitFacts,
  ): void {
    const { state, link, jar, env } = this.#context;
    const current =
      'own' in state
        ? {
            own: adapt(state.own),
            peerTag: link?.peerTag ?? 0,
            established: state.kind !== 'cookie-wait' && state.kind !== 'cookie-echoed',
          }
        : undefined;
    const facts = answerInit(jar, env.wallClock(), peer, adapt(this.#context.freshInit()), current);
    this.#context.transmit(peer.tag, ChunkType.INIT_ACK, encodeInit(facts, unrecognized));
  }

  /** §5.1 C. */
  handleInitAck(value: Uint8Array): void {
    if (this.#context.state.kind !== 'cookie-wait') return;
    const decoded = decodeInit(value);
    const { own } = this.#context.state;
    if (!decoded?.facts.cookie) {
      this.#context.finish({ code: 'SCTP_PROTOCOL_VIOLATION', reason: 'The peer’s INIT ACK has no cookie.' });
      return;
    }
    const cookie = decoded.facts.cookie.slice();
    const link = this.#context.makeLink({ own, peer: decoded.facts });
    this.#context.state = { kind: 'cookie-echoed', own, cookie, link };
    this.#context.errors = 0;
    this.#sendCookie(link, cookie);
  }

  /** §5.1 D, §5.2.4. Whether the chunks behind it are to be looked at. */
  handleCookieEcho(packet: Packet, value: Uint8Array): boolean {
    const state = this.#context.state;
    const cookie = this.#context.jar.open(value);
    const current =
      'own' in state
        ? { ownTag: this.#context.link?.ownTag ?? state.own.tag, peerTag: this.#context.link?.peerTag ?? 0 }
        : undefined;
    const verdict = judgeCookie(
      cookie,
      this.#context.env.wallClock(),
      this.#context.timing,
      packet.verificationTag,
      current,
    );
    switch (verdict.kind) {
      case 'discard':
        this.#context.discarded += 1;
        return false;
      case 'stale':
        this.#context.transmit(cookie?.peer.tag ?? 0, ChunkType.ERROR, verdict.cause);
        return false;
      case 'known':
        if (state.kind === 'cookie-echoed') this.#establish(state.own, state.link);
        this.#context.reply({ type: ChunkType.COOKIE_ACK, flags: 0, value: new Uint8Array(0) });
        return true;
      case 'restart':
        if (state.kind === 'shutdown-ack-sent') return false; // §5.2.4 A: the peer is to shut down first
        this.#establish(verdict.agreement.own, this.#context.makeLink(verdict.agreement), 'restarted');
        break;
      case 'accept':
        this.#establish(verdict.agreement.own, this.#context.makeLink(verdict.agreement));
        break;
    }
    this.#context.reply({ type: ChunkType.COOKIE_ACK, flags: 0, value: new Uint8Array(0) });
    return true;
  }

  /** §5.2.6: a stale cookie means to begin again. Everything else is for logs. */
  handleError(value: Uint8Array): void {
    const code = ((value[0] ?? 0) << 8) | (value[1] ?? 0);
    if (this.#context.state.kind !== 'cookie-echoed' || code !== CauseCode.STALE_COOKIE) return;
    this.#context.state = { kind: 'cookie-wait', own: this.#context.freshInit() };
    this.#sendInit();
  }

  /** §5.1 E. */
  handleCookieAck(): void {
    const { state } = this.#context;
    if (state.kind === 'cookie-echoed') this.#establish(state.own, state.link);
  }

  #establish(own: InitFacts, link: Link, how: 'connected' | 'restarted' = 'connected'): void {
    const { outboundStreams, inboundStreams } = link;
    this.#context.state = { kind: 'established', own, link };
    this.#context.pathMtu.meetPeer(this.#context.now, link.peerLargestPacketBytes);
    this.#context.usePathMtu();
    this.#context.errors = 0;
    this.#context.timers.clearAll();
    this.#context.timers.set('heartbeat', this.#context.now + this.#context.timing.heartbeatMs);
    if (how === 'restarted') this.#context.events.push({ type: 'restarted' });
    else this.#context.events.push({ type: 'connected', outboundStreams, inboundStreams });
  }

  #sendInit(): void {
    if (this.#context.state.kind !== 'cookie-wait') return;
    const { own } = this.#context.state;
    this.#context.transmit(0, ChunkType.INIT, encodeInit(own));
    if (this.#context.errors > 0) this.#context.transmit(0, ChunkType.INIT, encodeInit(plainInit(own)));
    this.#context.timers.set('init', this.#context.now + this.#initTimeoutMs);
  }

  #sendCookie(link: Link, cookie: Uint8Array): void {
    this.#context.transmit(link.peerTag, ChunkType.COOKIE_ECHO, cookie);
    this.#context.timers.set('init', this.#context.now + this.#initTimeoutMs);
  }

  get #initTimeoutMs(): Millis {
    const { rtoInitialMs, rtoMaxMs } = this.#context.timing;
    return Math.min(rtoMaxMs, rtoInitialMs * 2 ** this.#context.errors);
  }

  /** §5.1.6, §4: T1-init and T1-cookie; or the peer has not begun, and we do. */
  handleTimer(): void {
    if (this.#context.state.kind === 'idle') this.connect();
    else this.#repeat();
  }

  #repeat(): void {
    this.#context.errors += 1;
    if (this.#context.errors > this.#context.timing.maxInitRetransmits) {
      const reason = `The peer did not answer ${this.#context.errors} attempts to set up SCTP.`;
      this.#context.finish({ code: 'SCTP_CONNECT_TIMEOUT', reason });
    } else if (this.#context.state.kind === 'cookie-wait') this.#sendInit();
    else if (this.#context.state.kind === 'cookie-echoed')
      this.#sendCookie(this.#context.state.link, this.#context.state.cookie);
  }
}

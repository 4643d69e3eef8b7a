/** Ending an association so that nothing is lost: SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE. RFC 9260 §9.2. */
import type { AssociationContext, Link } from './association-context.ts';
import { ChunkType } from './code-points.ts';
import { type Chunk, readU32 } from './packet.ts';
import { Sack } from './sack-chunk.ts';

export class Ending {
  readonly #context: AssociationContext;

  constructor(context: AssociationContext) {
    this.#context = context;
  }

  /** The layer above wants to end; what it has sent still goes. */
  begin(): void {
    const { state } = this.#context;
    if (state.kind !== 'established') return;
    this.#context.state = { ...state, kind: 'shutdown-pending' };
    this.#context.events.push({ type: 'closing' });
  }

  /** Everything has been acknowledged: the next step, if one was waiting for that. */
  advance(): void {
    const { kind } = this.#context.state;
    if (kind === 'shutdown-pending') this.#enter('shutdown-sent');
    else if (kind === 'shutdown-received') this.#enter('shutdown-ack-sent');
  }

  /** §9.2. */
  handleChunk(link: Link, chunk: Chunk): void {
    const { kind } = this.#context.state;
    if (chunk.type === ChunkType.SHUTDOWN) {
      if (chunk.value.length < 4) return;
      link.outbound.handleSack(this.#context.now, Sack.of(readU32(chunk.value, 0), 0));
      if (kind === 'established' || kind === 'shutdown-pending') this.#enter('shutdown-received');
      else if (kind === 'shutdown-sent') this.#enter('shutdown-ack-sent');
    } else if (chunk.type === ChunkType.SHUTDOWN_ACK) {
      if (kind !== 'shutdown-sent' && kind !== 'shutdown-ack-sent') return;
      const { zeroChecksum } = link.extensions;
      this.#context.transmit(link.peerTag, ChunkType.SHUTDOWN_COMPLETE, new Uint8Array(0), zeroChecksum);
      this.#context.finish(undefined);
    } else if (kind === 'shutdown-ack-sent') this.#context.finish(undefined);
  }

  #enter(kind: 'shutdown-sent' | 'shutdown-received' | 'shutdown-ack-sent'): void {
    const state = this.#context.state;
    if (!('link' in state)) return;
    const { own, link } = state;
    if (state.kind === 'established') this.#context.events.push({ type: 'closing' });
    this.#context.state = { kind, own, link };
    this.#context.errors = 0;
    if (kind === 'shutdown-received') return;
    this.#send(kind, link);
  }

  #send(kind: 'shutdown-sent' | 'shutdown-ack-sent', link: Link): void {
    if (kind === 'shutdown-ack-sent') {
      this.#context.reply({ type: ChunkType.SHUTDOWN_ACK, flags: 0, value: new Uint8Array(0) });
    } else {
      const value = new Uint8Array(4);
      new DataView(value.buffer).setUint32(0, link.inbound.cumulativeTsn);
      this.#context.reply({ type: ChunkType.SHUTDOWN, flags: 0, value });
    }
    this.#context.timers.set(
      'shutdown',
      this.#context.now + link.outbound.rto.ms * 2 ** this.#context.errors,
    );
  }

  repeat(): void {
    const state = this.#context.state;
    if (state.kind !== 'shutdown-sent' && state.kind !== 'shutdown-ack-sent') return;
    this.#context.errors += 1;
    this.#context.checkErrors(state.link);
    if (this.#context.state === state) this.#send(state.kind, state.link);
  }
}

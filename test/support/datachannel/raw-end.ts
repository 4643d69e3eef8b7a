/** A transport of data channels whose peer is a bare SCTP association: it sends whatever a test wants it to. */
import { type Env, type Millis, SeededRandom, silentLog } from '../../../src/base/index.ts';
import {
  type DataChannelEvent,
  type DataChannelLimits,
  DataChannelTransport,
} from '../../../src/datachannel/index.ts';
import { nodeCrypto } from '../../../src/node/index.ts';
import { type MessageToSend, SctpAssociation, type SctpEvent } from '../../../src/sctp/index.ts';

export class RawEnd {
  now: Millis = 0;
  /** The DTLS client: the even streams are its own. */
  readonly machine: DataChannelTransport;
  readonly events: DataChannelEvent[] = [];
  readonly raw: SctpAssociation;
  readonly rawEvents: SctpEvent[] = [];

  constructor(limits: Partial<DataChannelLimits> = {}) {
    const ports = { localPort: 5000, remotePort: 5000 };
    this.machine = new DataChannelTransport(this.#env(1), { limits });
    this.raw = new SctpAssociation(this.#env(2), { ...ports, cookieSecret: new Uint8Array(32) });
    this.machine.connect(0, { ...ports, role: 'client', remoteMaxMessageBytes: 0 });
    this.raw.connect(0);
    this.run(100);
  }

  /** The raw side sends. */
  send(message: Partial<MessageToSend> & { readonly payload: Uint8Array }): void {
    this.raw.send(this.now, { stream: 1, ppid: 53, ...message });
  }

  sendControl(stream: number, payload: Uint8Array): void {
    this.send({ stream, ppid: 50, payload });
  }

  /** Streams that the machine has reset, in order. */
  get resets(): number[] {
    return this.rawEvents.flatMap((event) => (event.type === 'streams-reset-by-peer' ? event.streams : []));
  }

  all<Type extends DataChannelEvent['type']>(
    type: Type,
  ): Extract<DataChannelEvent, { readonly type: Type }>[] {
    return this.events.filter(
      (event): event is Extract<DataChannelEvent, { readonly type: Type }> => event.type === type,
    );
  }

  /** Lets so much time pass; packets take none. */
  run(forMs: Millis): void {
    const end = this.now + forMs;
    this.#exchange();
    for (;;) {
      const next = Math.min(this.machine.nextTimeout(), this.raw.nextTimeout());
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.machine.handleTimeout(this.now);
      this.raw.handleTimeout(this.now);
      this.#exchange();
    }
    this.now = end;
  }

  #env(seed: number): Env {
    return { crypto: nodeCrypto, random: new SeededRandom(seed), log: silentLog, wallClock: () => this.now };
  }

  #exchange(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (let event = this.machine.pollEvent(); event; event = this.machine.pollEvent()) {
        this.events.push(event);
        busy = true;
      }
      for (let event = this.raw.pollEvent(); event; event = this.raw.pollEvent()) {
        this.rawEvents.push(event);
        busy = true;
      }
      for (let bytes = this.machine.pollTransmit(); bytes; bytes = this.machine.pollTransmit()) {
        this.raw.handlePacket(this.now, bytes);
        busy = true;
      }
      for (let bytes = this.raw.pollTransmit(); bytes; bytes = this.raw.pollTransmit()) {
        this.machine.handlePacket(this.now, bytes);
        busy = true;
      }
    }
  }
}

/** DATA_CHANNEL_OPEN by hand. RFC 8832 §5.1. */
export function openMessage(label: Uint8Array | string = '', type = 0, labelBytes?: number): Uint8Array {
  const name = typeof label === 'string' ? new TextEncoder().encode(label) : label;
  const bytes = new Uint8Array(12 + name.length);
  bytes.set([0x03, type]);
  new DataView(bytes.buffer).setUint16(8, labelBytes ?? name.length);
  bytes.set(name, 12);
  return bytes;
}

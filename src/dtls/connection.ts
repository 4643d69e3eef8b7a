/**
 * One DTLS 1.2 association with one peer: handshake, data, end. Knows no addresses: who may send to it is decided by who
 * hands in the datagrams. RFC 6347.
 */
import { ByteSlab, type Env, type Machine, type Millis, Queue, TimerTable } from '../base/index.ts';
import { type AlertName, decodeAlert, encodeAlert } from './alert.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { ClientHandshake } from './client-handshake.ts';
import { CONTENT_TYPE, HANDSHAKE_TYPE, VERSION } from './code-points.ts';
import type { DtlsEvent } from './connection-events.ts';
import { EarlyBytes } from './early-bytes.ts';
import type { DtlsFault } from './fault.ts';
import { Flight } from './flight.ts';
import type { FlightItem, Handshake, HandshakeHost, HandshakeResult } from './handshake.ts';
import { decodeFragments, type HandshakeFragment } from './handshake-message.ts';
import type { KeySchedule } from './key-schedule.ts';
import { type DtlsOptions, resolveOptions } from './options.ts';
import { packFlight } from './pack-flight.ts';
import { Reassembly } from './reassembly.ts';
import {
  type DtlsRecord,
  isSealedData,
  MAX_PLAINTEXT_BYTES,
  RECORD_HEADER_BYTES,
  readRecord,
  recordEnd,
  recordSequence,
} from './record.ts';
import { RecordProtection } from './record-protection.ts';
import { type Epoch, RecordWriter } from './record-writer.ts';
import { ReplayWindow } from './replay-window.ts';
import { ServerHandshake } from './server-handshake.ts';

/** RFC 6347 §4.2.4: the last flight is repeated on demand for twice the maximum segment lifetime of TCP, 2 × 120 s. */
const KEEP_LAST_FLIGHT_MS = 240_000;

type State =
  /** Neither `connect` nor `accept` has been called. */
  | { readonly kind: 'idle' }
  /** A server without `handshake` waits for a ClientHello. */
  | {
      readonly kind: 'shaking';
      readonly role: 'client' | 'server';
      readonly handshake: Handshake | undefined;
    }
  | { readonly kind: 'connected'; readonly result: HandshakeResult }
  | { readonly kind: 'closed' };

/** What sealed records need to be read. */
interface Incoming {
  /** Once there are keys. */
  protection: RecordProtection | undefined;
  readonly replayed: ReplayWindow;
  /** Where they are opened. */
  readonly opened: ByteSlab;
}

export interface DtlsStatistics {
  /** Records that were malformed, repeated, forged or of no use. */
  readonly dropped: number;
}

export class DtlsConnection implements Machine<DtlsEvent, Uint8Array> {
  readonly #writer = new RecordWriter();
  readonly #reassembly = new Reassembly();
  readonly #flight: Flight;
  readonly #early = new EarlyBytes();
  readonly #timers = new TimerTable<'give-up' | 'forget-last-flight'>();
  readonly #transmits = new Queue<Uint8Array>();
  readonly #events = new Queue<DtlsEvent>();
  /** What the handshakes ask for. */
  readonly #host: HandshakeHost;
  #state: State = { kind: 'idle' };
  readonly #incoming: Incoming = {
    protection: undefined,
    replayed: new ReplayWindow(),
    opened: new ByteSlab(),
  };
  #writeEpoch: Epoch = 0;
  #awaitsVerdict = false;
  #now: Millis = 0;
  #dropped = 0;

  /** Throws a RangeError for options that make no sense. */
  constructor(env: Env, options: DtlsOptions) {
    const resolved = resolveOptions(options);
    this.#flight = new Flight(resolved.retransmitMs);
    this.#host = {
      crypto: env.crypto,
      random: env.random,
      options: resolved,
      sendFlight: (items, last) => this.#sendFlight(items, last === 'awaits-answer'),
      useKeys: (suite, schedule) => this.#useKeys(suite, schedule),
      askAboutPeer: (chain) => {
        this.#awaitsVerdict = true;
        this.#flight.suspend();
        this.#events.push({ type: 'peer-certificate', chain });
      },
    };
  }

  get statistics(): DtlsStatistics {
    return { dropped: this.#dropped };
  }

  get connected(): boolean {
    return this.#state.kind === 'connected';
  }

  /** Becomes the client and says hello. Once, instead of `accept`. */
  connect(now: Millis): void {
    this.#begin(now);
    this.#early.clear(); // nobody answers before being asked
    this.#timers.set('give-up', this.#now + this.#host.options.handshakeMs);
    this.#state = { kind: 'shaking', role: 'client', handshake: new ClientHandshake(this.#host) };
  }

  /** Becomes the server, and takes a ClientHello that came earlier. Once, instead of `connect`. */
  accept(now: Millis): void {
    this.#begin(now);
    this.#state = { kind: 'shaking', role: 'server', handshake: undefined };
    for (const datagram of this.#early.takeAll()) this.#handleRecords(datagram);
  }

  /** Borrows `datagram`. What comes before `connect` or `accept` is kept, up to 16 datagrams and 32 KB. */
  handleDatagram(now: Millis, datagram: Uint8Array): void {
    this.#advance(now);
    if (this.#state.kind === 'idle') this.#early.keep(datagram);
    else this.#handleRecords(datagram);
  }

  /**
   * Sends one record in one datagram: at most 16,384 bytes (RangeError), and as a rule no more than the path carries. Tells
   * whether it was sent: only while connected. `bytes` are borrowed.
   */
  send(now: Millis, bytes: Uint8Array): boolean {
    if (!this.#maySend(now, bytes)) return false;
    this.#transmits.push(this.#writer.write(1, CONTENT_TYPE.APPLICATION_DATA, bytes));
    return true;
  }

  /**
   * As `send`, for bytes that are given away together with `DTLS_RECORD_ROOM` around them in their ArrayBuffer: they are
   * sealed where they lie. A RangeError when that room is not there.
   */
  sendInPlace(now: Millis, bytes: Uint8Array): boolean {
    if (!this.#maySend(now, bytes)) return false;
    this.#transmits.push(this.#writer.writeInPlace(CONTENT_TYPE.APPLICATION_DATA, bytes));
    return true;
  }

  /** The answer to `peer-certificate`: the handshake goes on. */
  acceptPeer(now: Millis): void {
    this.#advance(now);
    if (!this.#awaitsVerdict) return;
    this.#awaitsVerdict = false;
    this.#pump();
    this.#handleEarly();
  }

  /** The answer to `peer-certificate`: the handshake fails. */
  rejectPeer(now: Millis, alert: AlertName = 'bad_certificate'): void {
    this.#advance(now);
    if (!this.#awaitsVerdict) return;
    const message = 'The certificate of the other side was refused.';
    this.#fail({ code: 'DTLS_CERTIFICATE_REFUSED', message, alert });
  }

  /** Keying material for other uses, such as SRTP. Throws an Error while not connected. RFC 5705 §4. */
  exportKeyingMaterial(label: string, length: number, context?: Uint8Array): Uint8Array {
    if (this.#state.kind !== 'connected') throw new Error('Keying material is there once the connection is.');
    return this.#state.result.schedule.exportKeyingMaterial(label, length, context);
  }

  /** Says close_notify and ends. RFC 5246 §7.2.1. */
  close(now: Millis): void {
    this.#advance(now);
    if (this.#state.kind === 'closed') return;
    if (this.#state.kind !== 'idle') this.#sendAlert('close_notify');
    this.#end({ type: 'closed', by: 'us' });
  }

  handleTimeout(now: Millis): void {
    this.#advance(now);
    for (let due = this.#timers.takeDue(this.#now); due; due = this.#timers.takeDue(this.#now)) {
      if (due === 'forget-last-flight') this.#flight.end();
      else {
        const message = 'The other side did not finish the handshake in time.';
        this.#fail({ code: 'DTLS_TIMED_OUT', message, alert: 'user_canceled' });
      }
    }
    if (this.#flight.takeDue(this.#now)) this.#transmitFlight();
  }

  nextTimeout(): Millis {
    return Math.min(this.#timers.next(), this.#flight.nextTimeout());
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#transmits.take();
  }

  pollEvent(): DtlsEvent | undefined {
    return this.#events.take();
  }

  #advance(now: Millis): void {
    this.#now = Math.max(this.#now, now);
  }

  #maySend(now: Millis, { length }: Uint8Array): boolean {
    this.#advance(now);
    if (length > MAX_PLAINTEXT_BYTES) throw new RangeError(`A record holds 16384 bytes, not ${length}.`);
    if (this.#state.kind !== 'connected') return false;
    if (!this.#writer.exhausted) return true;
    const message = 'All 2^48 record numbers of this connection are used up.';
    this.#fail({ code: 'DTLS_EXHAUSTED', message });
    return false;
  }

  #begin(now: Millis): void {
    if (this.#state.kind !== 'idle') throw new Error('A connection begins once.');
    this.#advance(now);
  }

  /** RFC 6347 §4.1.2.7: what is invalid is dropped without a word. */
  #handleRecords(datagram: Uint8Array): void {
    for (let at = 0; at < datagram.length; ) {
      const end = recordEnd(datagram, at);
      if (end === undefined) {
        this.#dropped += 1;
        return;
      }
      if (this.#state.kind === 'connected' && this.#incoming.protection && isSealedData(datagram, at)) {
        const plaintext = this.#open(this.#incoming.protection, datagram, at, end);
        if (plaintext) this.#events.push({ type: 'data', bytes: plaintext });
      } else {
        const record = readRecord(datagram, at);
        if (record) this.#handleRecord(record);
      }
      at = end;
    }
  }

  #handleRecord(record: DtlsRecord): void {
    if (this.#state.kind === 'closed') return;
    if (record.epoch === 0) this.#handlePlainRecord(record);
    else if (record.epoch === 1 && record.version === VERSION.DTLS_1_2) this.#handleSealedRecord(record);
    else this.#dropped += 1;
  }

  #handlePlainRecord({ type, sequence, fragment }: DtlsRecord): void {
    // Anybody could have written it: once there are keys that both sides have proven, it means nothing.
    if (this.#state.kind !== 'shaking') {
      this.#dropped += 1;
      return;
    }
    if (type === CONTENT_TYPE.HANDSHAKE) this.#handleHandshake(0, sequence, fragment);
    else if (type === CONTENT_TYPE.ALERT) this.#handleAlert(fragment);
    // ChangeCipherSpec says nothing that the epoch of a record does not say.
    else if (type !== CONTENT_TYPE.CHANGE_CIPHER_SPEC) this.#dropped += 1;
  }

  #handleSealedRecord(record: DtlsRecord): void {
    const isData = record.type === CONTENT_TYPE.APPLICATION_DATA;
    // RFC 6347 §4.2.4: data of a new epoch is kept until the Finished of that epoch has come.
    if (!this.#incoming.protection || (isData && this.#state.kind !== 'connected')) {
      this.#early.keep(record.bytes);
      return;
    }
    const plaintext = this.#open(this.#incoming.protection, record.bytes, 0, record.bytes.length);
    if (!plaintext) return;
    if (isData) this.#events.push({ type: 'data', bytes: plaintext });
    else if (record.type === CONTENT_TYPE.HANDSHAKE) this.#handleHandshake(1, record.sequence, plaintext);
    else if (record.type === CONTENT_TYPE.ALERT) this.#handleAlert(plaintext);
    else this.#dropped += 1;
  }

  /** The plaintext of the record that lies there, given away; `undefined`, and counted, when it is none or came before. */
  #open(reading: RecordProtection, datagram: Uint8Array, at: number, end: number): Uint8Array | undefined {
    const length = reading.plaintextBytes(end - at - RECORD_HEADER_BYTES);
    const sequence = recordSequence(datagram, at);
    if (length >= 0 && length <= MAX_PLAINTEXT_BYTES && this.#incoming.replayed.accepts(sequence)) {
      const from = this.#incoming.opened.reserve(length);
      const plaintext = this.#incoming.opened.bytes.subarray(from, from + length);
      if (reading.open(datagram, at, plaintext)) {
        this.#incoming.opened.take(length);
        this.#incoming.replayed.mark(sequence);
        return plaintext;
      }
    }
    this.#dropped += 1;
    return undefined;
  }

  #handleHandshake(epoch: Epoch, recordSequence: number, bytes: Uint8Array): void {
    const fragments = decodeFragments(bytes);
    if (!fragments) {
      this.#dropped += 1;
      return;
    }
    if (this.#state.kind === 'connected') {
      for (const fragment of fragments) this.#handleLateHandshake(fragment);
      return;
    }
    let repeated = false;
    for (const fragment of fragments) {
      if (!this.#mayCome(epoch, fragment)) {
        this.#dropped += 1;
        continue;
      }
      this.#meetClient(recordSequence, fragment);
      const arrival = this.#reassembly.add(fragment);
      if (arrival === 'old') repeated = true;
      else if (arrival === 'refused') this.#dropped += 1;
    }
    const before = this.#reassembly.next;
    this.#pump();
    const advanced = this.#reassembly.next > before;
    if (advanced) this.#handleEarly();
    else if (repeated && !this.#awaitsVerdict && this.#flight.takeRepeat(this.#now)) this.#transmitFlight();
  }

  /** Finished belongs to epoch 1, everything else to epoch 0; and a server hears nothing before ClientHello. */
  #mayCome(epoch: Epoch, { type }: HandshakeFragment): boolean {
    if ((type === HANDSHAKE_TYPE.FINISHED) !== (epoch === 1)) return false;
    const isUnmet = this.#state.kind === 'shaking' && !this.#state.handshake;
    return !isUnmet || type === HANDSHAKE_TYPE.CLIENT_HELLO;
  }

  /** The first fragment of the first ClientHello. */
  #meetClient(recordSequence: number, { sequence }: HandshakeFragment): void {
    if (this.#state.kind !== 'shaking' || this.#state.handshake) return;
    this.#reassembly.startAt(sequence);
    this.#writer.startAt(recordSequence);
    this.#timers.set('give-up', this.#now + this.#host.options.handshakeMs);
    this.#state = {
      kind: 'shaking',
      role: 'server',
      handshake: new ServerHandshake(this.#host, sequence),
    };
  }

  /** Authentic handshake messages after the handshake. */
  #handleLateHandshake({ type, sequence }: HandshakeFragment): void {
    if (type === HANDSHAKE_TYPE.HELLO_REQUEST || type === HANDSHAKE_TYPE.CLIENT_HELLO) {
      this.#sendAlert('no_renegotiation'); // RFC 5746 §4.5, RFC 5246 §7.2.2
    } else if (sequence < this.#reassembly.next && this.#flight.takeRepeat(this.#now)) {
      this.#transmitFlight(); // RFC 6347 §4.2.4: our last flight was lost
    }
  }

  /** Hands complete messages to the handshake, in order. */
  #pump(): void {
    while (this.#state.kind === 'shaking' && this.#state.handshake && !this.#awaitsVerdict) {
      const { handshake } = this.#state;
      const message = this.#reassembly.take();
      if (!message) return;
      const fault = handshake.handleMessage(message);
      if (fault) this.#fail(fault);
      else if (handshake.result) this.#finish(this.#state.role, handshake.result);
    }
  }

  /** Takes up what overtook its keys. */
  #handleEarly(): void {
    if (!this.#incoming.protection) return;
    for (const record of this.#early.takeAll()) this.#handleRecords(record);
  }

  #finish(role: 'client' | 'server', result: HandshakeResult): void {
    this.#state = { kind: 'connected', result };
    this.#timers.clear('give-up');
    if (role === 'client') this.#flight.end();
    else this.#timers.set('forget-last-flight', this.#now + KEEP_LAST_FLIGHT_MS);
    const { suite, group, extendedMasterSecret, srtpProfile, applicationProtocol, serverName } = result;
    const { peerChain } = result;
    this.#events.push({
      type: 'connected',
      suite: suite.name,
      group,
      extendedMasterSecret,
      srtpProfile,
      applicationProtocol,
      serverName,
      peerChain,
    });
  }

  #handleAlert(bytes: Uint8Array): void {
    const alert = decodeAlert(bytes);
    if (!alert) {
      this.#dropped += 1;
      return;
    }
    if (alert.name === 'close_notify' && this.#state.kind === 'connected') {
      this.#sendAlert('close_notify'); // RFC 5246 §7.2.1
      this.#end({ type: 'closed', by: 'peer' });
    } else if (alert.fatal || alert.name === 'close_notify') {
      const message = `The other side ended the connection: ${alert.name}.`;
      this.#end({
        type: 'failed',
        code: 'DTLS_ALERT_RECEIVED',
        message,
        alert: alert.name,
        sentAlert: undefined,
      });
    }
  }

  #useKeys(suite: CipherSuite, schedule: KeySchedule): void {
    const { client, server } = schedule.keys();
    const isClient = this.#state.kind === 'shaking' && this.#state.role === 'client';
    const { crypto } = this.#host;
    this.#incoming.protection = new RecordProtection(crypto, suite, isClient ? server : client);
    this.#writer.protect(new RecordProtection(crypto, suite, isClient ? client : server));
  }

  #sendFlight(items: readonly FlightItem[], awaitsAnswer: boolean): void {
    this.#flight.begin(this.#now, items, awaitsAnswer);
    if (items.some(({ epoch }) => epoch === 1)) this.#writeEpoch = 1;
    this.#transmitFlight();
  }

  #transmitFlight(): void {
    const mostBytes = this.#flight.datagramBytes(this.#host.options.maxDatagramBytes);
    for (const datagram of packFlight(this.#flight.items, this.#writer, mostBytes)) {
      this.#transmits.push(datagram);
    }
  }

  #sendAlert(name: AlertName): void {
    this.#transmits.push(this.#writer.write(this.#writeEpoch, CONTENT_TYPE.ALERT, encodeAlert(name)));
  }

  #fail({ code, message, alert }: DtlsFault): void {
    if (alert) this.#sendAlert(alert);
    this.#end({ type: 'failed', code, message, alert: undefined, sentAlert: alert });
  }

  #end(event: DtlsEvent): void {
    this.#state = { kind: 'closed' };
    this.#timers.clearAll();
    this.#flight.end();
    this.#early.clear();
    this.#incoming.protection = undefined;
    this.#events.push(event);
  }
}

/**
 * Perfect negotiation on one RTCPeerConnection: both sides may offer at any time, the polite one gives way by
 * rollback. Knows no tracks. W3C webrtc §10.7 "Perfect Negotiation Example"; RFC 9429 §4.1.10.2 (rollback).
 *
 * Every step runs in one queue, so `makingOffer` and `isSettingRemoteAnswerPending` of the example are not needed:
 * when a description is looked at, the one before it has been dealt with.
 */
import type { Signal } from '../signaling/index.ts';
import { type CallError, clientError, reasonOf, unsupportedSdpType } from './call-error.ts';
import { belongsTo, CandidateBuffer } from './candidate-buffer.ts';
import { withoutSources } from './source-lines.ts';
import { TaskQueue } from './task-queue.ts';

export type DescriptionSignal = Extract<Signal, { kind: 'description' }>;
export type CandidateSignal = Extract<Signal, { kind: 'candidate' }>;

export interface NegotiationOptions {
  readonly pc: RTCPeerConnection;
  readonly polite: boolean;
  /** Makes the first offer. The other side only answers until then, so that first offers do not collide. */
  readonly initiator: boolean;
  readonly epoch: number;
  /** Takes data alone. */
  readonly dataOnly: boolean;
  readonly send: (signal: Signal) => void;
  /** Before an offer (`offering`) or an answer is made: the time to set directions, tracks and codecs. */
  readonly prepare: (step: 'offer' | 'answer') => void;
  /** A round is complete. */
  readonly onStable: () => void;
  readonly onError: (error: CallError) => void;
  /** The first offers do not fit each other in a way that a rollback undoes; a new connection, begun by this side, does. */
  readonly onDeadlock: () => void;
}

export class Negotiation {
  readonly #options: NegotiationOptions;
  readonly #queue: TaskQueue;
  readonly #candidates = new CandidateBuffer();
  #ignoreOffer = false;
  /** `n` of the newest description of this side, and of the newest offer of the other. */
  #lastN = 0;
  #remoteOfferN: number | undefined;
  #pendingOfferN: number | undefined;
  #closed = false;
  #refusedCandidates = 0;
  #refusal = '';

  constructor(options: NegotiationOptions) {
    this.#options = options;
    this.#queue = new TaskQueue((thrown) =>
      options.onError(clientError('CLIENT_NEGOTIATION_FAILED', reasonOf(thrown))),
    );
    const { pc } = options;
    pc.onnegotiationneeded = () => this.negotiate();
    pc.onicecandidate = ({ candidate }) => this.#sendCandidate(candidate);
  }

  /** Whether an offer of this side waits for its answer. */
  get offering(): boolean {
    return this.#options.pc.signalingState === 'have-local-offer';
  }

  /** What to say about candidates that the browser refused, when no connection comes of the others; may be empty. */
  get refusedCandidates(): string {
    return this.#refusedCandidates === 0
      ? ''
      : `${this.#refusedCandidates} candidates refused: ${this.#refusal}`;
  }

  /** Offers, if nothing is under way; otherwise the browser asks again when it is stable. */
  negotiate(): void {
    this.#queue.push(() => this.#offer());
  }

  /** Offers new ICE credentials. RFC 8445 §2.4. */
  restartIce(): void {
    const { pc } = this.#options;
    this.#queue.push(async () => {
      pc.restartIce();
      // The browser asks by `negotiationneeded`, but only once it is stable; asking here too costs nothing.
      await this.#offer();
    });
  }

  /** What was said last may not have arrived: says the waiting offer, or the last answer, once more. */
  sayAgain(): void {
    const { pc } = this.#options;
    this.#queue.push(async () => {
      const description = pc.localDescription;
      if (!description) await this.#offer();
      else if (pc.signalingState === 'have-local-offer') this.#sendOffer();
      else if (description.type === 'answer' && pc.signalingState === 'stable') this.#sendAnswer();
    });
  }

  handleDescription(signal: DescriptionSignal): void {
    const { description, link } = signal;
    if (!isSdpType(description.type)) {
      this.#options.onError(unsupportedSdpType(description.type));
      return;
    }
    const taken = this.#queue.push(() =>
      description.type === 'offer'
        ? this.#handleOffer(description, link?.n)
        : this.#handleAnswer(description, link?.re),
    );
    if (!taken && !this.#closed) {
      this.#options.onError(
        clientError('CLIENT_NEGOTIATION_FAILED', 'descriptions come faster than they are applied'),
      );
    }
  }

  handleCandidate(signal: CandidateSignal): void {
    const { candidate } = signal;
    this.#queue.push(() => this.#addCandidate(candidate && definedMembers(candidate)));
  }

  close(): void {
    const { pc } = this.#options;
    this.#closed = true;
    this.#queue.close();
    this.#candidates.clear();
    pc.onnegotiationneeded = null;
    pc.onicecandidate = null;
  }

  async #offer(): Promise<void> {
    const { pc, initiator } = this.#options;
    if (pc.signalingState !== 'stable') return; // the browser asks again when it is
    if (!initiator && !pc.remoteDescription) return; // the first offer is the other side's
    this.#options.prepare('offer');
    await pc.setLocalDescription();
    if (this.#closed) return;
    if (this.offering) this.#sendOffer();
  }

  async #handleOffer(description: RTCSessionDescriptionInit, n: number | undefined): Promise<void> {
    const { pc, polite, dataOnly } = this.#options;
    // What begins with media would have its BUNDLE tag refused, and with it Chromium gives up data too: data has to come first.
    if (dataOnly && !pc.currentRemoteDescription && !beginsWithData(description.sdp ?? '')) {
      this.#options.onDeadlock();
      return;
    }
    const collision = pc.signalingState !== 'stable';
    this.#ignoreOffer = collision && !polite;
    if (this.#ignoreOffer) return;
    if (collision && !pc.currentRemoteDescription) {
      // Two first offers: a rollback would leave this side's transceivers beside those of the other's offer.
      this.#options.onDeadlock();
      return;
    }
    this.#pendingOfferN = undefined;
    // In a collision this rolls this side's offer back. RFC 9429 §4.1.10.2.
    await pc.setRemoteDescription(collision ? withoutSources(description) : description);
    if (this.#closed) return;
    this.#remoteOfferN = n;
    await this.#flushCandidates();
    this.#options.prepare('answer');
    await pc.setLocalDescription();
    if (this.#closed) return;
    this.#sendAnswer();
    this.#options.onStable();
  }

  async #handleAnswer(description: RTCSessionDescriptionInit, re: number | undefined): Promise<void> {
    const { pc } = this.#options;
    const state = pc.signalingState;
    // An answer to an offer that was rolled back or said again since: the right one is on its way.
    if (state !== 'have-local-offer' && state !== 'have-remote-pranswer') return;
    if (re !== undefined && re !== this.#pendingOfferN) return;
    this.#ignoreOffer = false;
    await pc.setRemoteDescription(description);
    if (this.#closed) return;
    await this.#flushCandidates();
    if (description.type === 'answer') {
      this.#pendingOfferN = undefined;
      this.#options.onStable();
    }
  }

  async #addCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    const { pc } = this.#options;
    if (candidate === null) {
      if (pc.remoteDescription) await pc.addIceCandidate(null).catch(() => undefined); // only a hint, RFC 8838 §13
      return;
    }
    if (belongsTo(candidate, pc.remoteDescription)) await this.#give(candidate);
    else if (!this.#ignoreOffer) this.#candidates.hold(candidate);
  }

  async #flushCandidates(): Promise<void> {
    for (const candidate of this.#candidates.takeFor(this.#options.pc.remoteDescription)) {
      await this.#give(candidate);
    }
  }

  /** One bad candidate is no reason to end a call that has others; it matters only if none works, and then ICE fails. */
  async #give(candidate: RTCIceCandidateInit): Promise<void> {
    try {
      await this.#options.pc.addIceCandidate(candidate);
    } catch (thrown) {
      if (this.#ignoreOffer || this.#closed) return; // a candidate of the ignored offer
      this.#refusedCandidates += 1;
      this.#refusal = reasonOf(thrown);
    }
  }

  #sendOffer(): void {
    this.#lastN += 1;
    this.#pendingOfferN = this.#lastN;
    this.#sendDescription({ epoch: this.#options.epoch, n: this.#lastN });
  }

  #sendAnswer(): void {
    this.#lastN += 1;
    const re = this.#remoteOfferN === undefined ? {} : { re: this.#remoteOfferN };
    this.#sendDescription({ epoch: this.#options.epoch, n: this.#lastN, ...re });
  }

  #sendDescription(link: NonNullable<Signal['link']>): void {
    const description = this.#options.pc.localDescription;
    if (!description || !isSdpType(description.type)) return;
    this.#options.send({
      kind: 'description',
      description: { type: description.type, sdp: description.sdp },
      link,
    });
  }

  #sendCandidate(candidate: RTCIceCandidate | null): void {
    const { send, epoch } = this.#options;
    send({ kind: 'candidate', candidate: candidate && candidateInit(candidate), link: { epoch } });
  }
}

function candidateInit(candidate: RTCIceCandidate): RTCIceCandidateInit & { candidate: string } {
  const { sdpMid, sdpMLineIndex, usernameFragment } = candidate.toJSON();
  return {
    candidate: candidate.candidate,
    sdpMid: sdpMid ?? null,
    sdpMLineIndex: sdpMLineIndex ?? null,
    usernameFragment: usernameFragment ?? null,
  };
}

/** A browser takes an absent member and `null`, and reads `undefined` as either. */
function definedMembers(candidate: NonNullable<CandidateSignal['candidate']>): RTCIceCandidateInit {
  return {
    candidate: candidate.candidate,
    sdpMid: candidate.sdpMid ?? null,
    sdpMLineIndex: candidate.sdpMLineIndex ?? null,
    usernameFragment: candidate.usernameFragment ?? null,
  };
}

function beginsWithData(sdp: string): boolean {
  return /^m=(\w+)/m.exec(sdp)?.[1] === 'application';
}

function isSdpType(type: string): type is 'offer' | 'answer' | 'pranswer' {
  return type === 'offer' || type === 'answer' || type === 'pranswer';
}

/**
 * An RTCPeerConnection without a browser that keeps the state rules of W3C webrtc §4: the operations chain (§4.4.1.2),
 * implicit descriptions and rollback (§4.4.1.5), the negotiation-needed flag (§4.7.3), and the order of m-lines of
 * RFC 9429 §5. Media is not simulated, its path is.
 */

import { FakeDataChannel } from './fake-data-channel.ts';
import {
  type Direction,
  intersect,
  type ParsedDescription,
  parseSdp,
  receives,
  reversed,
  type Section,
  sends,
  writeSdp,
} from './fake-description.ts';
import { FakeIceAgent } from './fake-ice-agent.ts';
import { fakeStream } from './fake-media.ts';
import type { FakeNetwork, IceEndpoint } from './fake-network.ts';
import { FakeTransceiver } from './fake-transceiver.ts';

interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

const byEndpoint = new WeakMap<IceEndpoint, FakePeerConnection>();

export class FakePeerConnection {
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { readonly candidate: RTCIceCandidate | null }) => void) | null = null;
  ontrack: ((event: RTCTrackEvent) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  iceConnectionState: RTCIceConnectionState = 'new';
  currentLocalDescription: Description | null = null;
  currentRemoteDescription: Description | null = null;
  pendingLocalDescription: Description | null = null;
  pendingRemoteDescription: Description | null = null;
  configuration: RTCConfiguration;
  /** What `setRemoteDescription` is to throw next, for a browser that refuses a description. */
  refuseNext: string | undefined;
  /** Rejected calls, by name: none are expected where both sides follow the rules. */
  readonly failures: string[] = [];
  readonly channels: FakeDataChannel[] = [];
  readonly #network: FakeNetwork;
  readonly #random: () => number;
  readonly #session: string;
  readonly #ice: FakeIceAgent;
  #transceivers: FakeTransceiver[] = [];
  readonly #operations: (() => Promise<void>)[] = [];
  #updateOnEmptyChain = false;
  #negotiationNeeded = false;
  #credentialsToReplace: string | undefined;
  #ufrags = 0;
  #mids = 0;
  #closed = false;

  constructor(network: FakeNetwork, configuration: RTCConfiguration, random: () => number) {
    this.#network = network;
    this.configuration = configuration;
    this.#random = random;
    this.#ice = new FakeIceAgent({
      network,
      configuration: () => this.configuration,
      localUfrag: () => ufragOf(this.currentLocalDescription),
      remoteUfrag: () => ufragOf(this.currentRemoteDescription),
      gatheringUfrag: () => ufragOf(this.localDescription),
      onState: (state) => this.#setIce(state),
      onCandidate: (candidate) => this.onicecandidate?.({ candidate }),
    });
    this.#session = String(this.#ice.id);
    byEndpoint.set(this.#ice.endpoint, this);
  }

  /** As the type that the code under test knows. */
  get asBrowser(): RTCPeerConnection {
    return this as unknown as RTCPeerConnection;
  }

  get localDescription(): Description | null {
    const description = this.pendingLocalDescription ?? this.currentLocalDescription;
    return (
      description && {
        type: description.type,
        sdp: writeSdp(parseSdp(description.sdp), this.#ice.lines),
      }
    );
  }

  get remoteDescription(): Description | null {
    return this.pendingRemoteDescription ?? this.currentRemoteDescription;
  }

  /** Ports of all own candidates, for a network change that kills them. */
  get ports(): readonly number[] {
    return this.#ice.ports;
  }

  /** Ports of the pair that media takes, own first. */
  get pair(): readonly [number, number] | undefined {
    return this.#ice.endpoint.pair;
  }

  /** Ports of the candidates that were taken for `ufrag`. */
  remotePorts(ufrag: string): readonly number[] {
    return this.#ice.remotePorts(ufrag);
  }

  getTransceivers(): readonly FakeTransceiver[] {
    return [...this.#transceivers];
  }

  addTransceiver(
    trackOrKind: MediaStreamTrack | 'audio' | 'video',
    init: { readonly direction?: Direction; readonly streams?: readonly MediaStream[] } = {},
  ): FakeTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const kind = typeof trackOrKind === 'string' ? trackOrKind : (trackOrKind.kind as 'audio' | 'video');
    const streamIds = (init.streams ?? []).map((stream) => stream.id);
    const transceiver = this.#transceiver(kind, init.direction ?? 'sendrecv', track, streamIds, false);
    this.#updateNegotiationNeeded();
    return transceiver;
  }

  createDataChannel(_label: string, init: { readonly id: number }): FakeDataChannel {
    const channel = new FakeDataChannel(init.id, (task) => this.#network.clock.setTimeout(task, 2));
    this.channels.push(channel);
    this.#updateNegotiationNeeded();
    return channel;
  }

  restartIce(): void {
    this.#credentialsToReplace = ufragOf(this.currentLocalDescription);
    this.#updateNegotiationNeeded();
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  setLocalDescription(): Promise<void> {
    return this.#chain('setLocalDescription', async () => {
      const type = this.signalingState === 'have-remote-offer' ? 'answer' : 'offer';
      await this.#pause();
      if (this.#closed) return;
      const description = type === 'offer' ? this.#createOffer() : this.#createAnswer();
      this.#applyLocal(description);
    });
  }

  setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    return this.#chain('setRemoteDescription', async () => {
      await this.#pause();
      if (this.#closed) return;
      const { refuseNext } = this;
      this.refuseNext = undefined;
      if (refuseNext !== undefined) throw new DOMException(refuseNext, 'OperationError');
      if (description.type === 'offer' && this.signalingState === 'have-local-offer') this.#rollback();
      const isAnswer = description.type === 'answer';
      if (isAnswer ? this.signalingState !== 'have-local-offer' : this.signalingState !== 'stable') {
        throw new DOMException(`${description.type} in ${this.signalingState}`, 'InvalidStateError');
      }
      this.#applyRemote({ type: isAnswer ? 'answer' : 'offer', sdp: description.sdp ?? '' });
    });
  }

  addIceCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    return this.#chain('addIceCandidate', async () => {
      if (!this.remoteDescription) throw new DOMException('no remote description', 'InvalidStateError');
      if (!candidate?.candidate) return;
      const ufrag = candidate.usernameFragment ?? '';
      const known = [this.pendingRemoteDescription, this.currentRemoteDescription].map(ufragOf);
      if (!known.includes(ufrag)) throw new DOMException(`unknown ufrag ${ufrag}`, 'OperationError');
      this.#ice.learn(ufrag, candidate.candidate);
    });
  }

  async getStats(): Promise<ReadonlyMap<string, object>> {
    return this.#ice.stats();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.signalingState = 'closed';
    this.connectionState = 'closed';
    this.#ice.close();
    for (const channel of this.channels) channel.abort();
  }

  // --- descriptions ---------------------------------------------------------------------------------------------

  #createOffer(): Description {
    const settled = this.#settledSections();
    const sections: Section[] = settled.map((section) => {
      const transceiver = this.#byMid(section.mid);
      return transceiver ? this.#sectionOf(transceiver, section.mid, transceiver.direction) : section;
    });
    for (const transceiver of this.#transceivers) {
      if (transceiver.mid === null) {
        sections.push(this.#sectionOf(transceiver, this.#newMid(sections), transceiver.direction));
      }
    }
    if (this.channels.length > 0 && !sections.some((section) => section.kind === 'application')) {
      const mid = this.#newMid(sections);
      sections.push({ kind: 'application', mid, direction: 'sendrecv', msids: [] });
    }
    const current = ufragOf(this.currentLocalDescription);
    const keeps = current !== undefined && current !== this.#credentialsToReplace;
    return { type: 'offer', sdp: this.#write(sections, keeps ? current : this.#newUfrag()) };
  }

  #createAnswer(): Description {
    const offer = parse(this.pendingRemoteDescription);
    const sections = (offer?.sections ?? []).map((section): Section => {
      const transceiver = this.#byMid(section.mid);
      if (!transceiver) return { ...section, msids: [] };
      const direction = intersect(transceiver.direction, reversed(section.direction));
      return this.#sectionOf(transceiver, section.mid, direction);
    });
    const current = ufragOf(this.currentLocalDescription);
    const restarts = offer?.ufrag !== ufragOf(this.currentRemoteDescription);
    return { type: 'answer', sdp: this.#write(sections, current && !restarts ? current : this.#newUfrag()) };
  }

  #applyLocal(description: Description): void {
    const parsed = parseSdp(description.sdp);
    if (description.type === 'offer') {
      this.#associate(parsed);
      this.pendingLocalDescription = description;
      this.signalingState = 'have-local-offer';
    } else this.#becomeStable(description, this.pendingRemoteDescription);
    this.#ice.gather(parsed.ufrag);
  }

  #applyRemote(description: Description): void {
    const parsed = parseSdp(description.sdp);
    if (description.type === 'offer') {
      this.#checkOrder(parsed, this.#settledSections(), false);
      for (const section of parsed.sections) this.#takeOffered(section);
      this.pendingRemoteDescription = description;
      this.signalingState = 'have-remote-offer';
    } else {
      this.#checkOrder(parsed, parse(this.pendingLocalDescription)?.sections ?? [], true);
      this.#becomeStable(this.pendingLocalDescription, description);
    }
    for (const match of description.sdp.matchAll(/^a=(candidate:.*)$/gm))
      this.#ice.learn(parsed.ufrag, match[1] ?? '');
    this.#fireTracks(parsed);
  }

  #becomeStable(local: Description | null, remote: Description | null): void {
    this.currentLocalDescription = local;
    this.currentRemoteDescription = remote;
    this.pendingLocalDescription = null;
    this.pendingRemoteDescription = null;
    this.signalingState = 'stable';
    if (this.#credentialsToReplace !== ufragOf(local)) this.#credentialsToReplace = undefined;
    const isAnswerer = local?.type === 'answer';
    for (const section of parse(isAnswerer ? local : remote)?.sections ?? []) {
      const transceiver = this.#byMid(section.mid);
      if (!transceiver) continue;
      transceiver.currentDirection = isAnswerer ? section.direction : reversed(section.direction);
      transceiver.sender.transport = { iceTransport: this.#ice.transport };
    }
    this.#negotiationNeeded = false;
    this.#updateNegotiationNeeded();
  }

  /** RFC 9429 §4.1.10.2: as if the offer had never been made. */
  #rollback(): void {
    const settled = new Set(this.#settledSections().map((section) => section.mid));
    for (const transceiver of this.#transceivers) {
      if (transceiver.mid !== null && !settled.has(transceiver.mid)) transceiver.mid = null;
    }
    this.pendingLocalDescription = null;
    this.signalingState = 'stable';
  }

  /** RFC 9429 §5.2.2, §5.3.1: m-lines keep their place and name for ever. */
  #checkOrder(parsed: ParsedDescription, before: readonly Section[], exactly: boolean): void {
    const fits =
      before.every(
        (section, index) =>
          parsed.sections[index]?.mid === section.mid && parsed.sections[index]?.kind === section.kind,
      ) &&
      (!exactly || parsed.sections.length === before.length);
    if (!fits) {
      const texts = [before, parsed.sections].map((list) => list.map((section) => section.mid).join(' '));
      throw new DOMException(`The order of m-lines is another: ${texts.join(' | ')}`, 'InvalidAccessError');
    }
  }

  #associate(parsed: ParsedDescription): void {
    const waiting = this.#transceivers.filter((transceiver) => transceiver.mid === null);
    for (const section of parsed.sections) {
      if (section.kind === 'application' || this.#byMid(section.mid)) continue;
      const transceiver = waiting.shift();
      if (transceiver) transceiver.mid = section.mid;
    }
  }

  #takeOffered(section: Section): void {
    if (section.kind === 'application') return;
    const known = this.#byMid(section.mid);
    const transceiver = known ?? this.#transceiver(section.kind, 'recvonly', null, [], true);
    transceiver.mid = section.mid;
  }

  #fireTracks(parsed: ParsedDescription): void {
    for (const section of parsed.sections) {
      const transceiver = this.#byMid(section.mid);
      if (!transceiver) continue;
      const isReceiving = sends(section.direction) && receives(transceiver.direction);
      const isNew = isReceiving && transceiver.remoteStreams.join() !== section.msids.join();
      transceiver.remoteStreams = isReceiving ? section.msids : [];
      if (!isNew) continue;
      const streams = section.msids.map((id) => fakeStream([transceiver.receiver.track], id));
      const event = {
        track: transceiver.receiver.track,
        receiver: transceiver.receiver,
        streams,
        transceiver,
      };
      this.ontrack?.(event as unknown as RTCTrackEvent);
    }
  }

  // --- negotiation needed ---------------------------------------------------------------------------------------

  #updateNegotiationNeeded(): void {
    if (this.#operations.length > 0) {
      this.#updateOnEmptyChain = true;
      return;
    }
    this.#network.clock.setTimeout(() => {
      if (this.#closed) return;
      if (this.#operations.length > 0) {
        this.#updateOnEmptyChain = true;
        return;
      }
      if (this.signalingState !== 'stable') return;
      if (!this.#isNegotiationNeeded()) {
        this.#negotiationNeeded = false;
        return;
      }
      if (this.#negotiationNeeded) return;
      this.#negotiationNeeded = true;
      this.onnegotiationneeded?.();
    }, 0);
  }

  #isNegotiationNeeded(): boolean {
    if (this.#credentialsToReplace !== undefined) return true;
    const local = parse(this.currentLocalDescription);
    const remote = parse(this.currentRemoteDescription);
    const hasData = local?.sections.some((section) => section.kind === 'application');
    if (this.channels.length > 0 && !hasData) return true;
    return this.#transceivers.some((transceiver) => {
      const section = local?.sections.find((candidate) => candidate.mid === transceiver.mid);
      if (!section) return true;
      const { direction, sender } = transceiver;
      if (sends(direction) && sends(section.direction) && section.msids.join() !== sender.streamIds.join())
        return true;
      const theirs = remote?.sections.find((candidate) => candidate.mid === transceiver.mid)?.direction;
      if (this.currentLocalDescription?.type === 'offer') {
        return section.direction !== direction && (theirs === undefined || reversed(theirs) !== direction);
      }
      return section.direction !== intersect(direction, reversed(theirs ?? 'sendrecv'));
    });
  }

  #chain(name: string, operation: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        try {
          if (this.#closed) return; // W3C webrtc §4.4.1.2: never settles
          await operation();
          if (!this.#closed) resolve();
        } catch (thrown) {
          this.failures.push(`${name}: ${String(thrown)}`);
          reject(thrown);
        } finally {
          this.#operations.shift();
          const [next] = this.#operations;
          if (next) void next();
          else if (this.#updateOnEmptyChain) {
            this.#updateOnEmptyChain = false;
            this.#updateNegotiationNeeded();
          }
        }
      };
      this.#operations.push(run);
      if (this.#operations.length === 1) void run();
    });
  }

  // --- ICE ------------------------------------------------------------------------------------------------------

  #setIce(state: 'checking' | 'connected' | 'disconnected' | 'failed'): void {
    if (state === 'connected') {
      const peer = this.#network.peerOf(this.#ice.endpoint);
      const other = peer && byEndpoint.get(peer);
      for (const channel of this.channels) {
        const partner = other?.channels.find((candidate) => candidate.id === channel.id);
        if (partner) channel.open(partner);
      }
    }
    if (this.iceConnectionState === state) return;
    if (state === 'checking' && this.iceConnectionState !== 'new') return;
    this.iceConnectionState = state;
    this.connectionState = state === 'checking' ? 'connecting' : state;
    this.onconnectionstatechange?.();
  }

  // --- small things ---------------------------------------------------------------------------------------------

  #transceiver(
    kind: 'audio' | 'video',
    direction: Direction,
    track: MediaStreamTrack | null,
    streamIds: readonly string[],
    byRemote: boolean,
  ): FakeTransceiver {
    const changed = (): void => this.#updateNegotiationNeeded();
    const transceiver = new FakeTransceiver({ kind, direction, track, streamIds, byRemote, changed });
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  #settledSections(): readonly Section[] {
    return parse(this.currentLocalDescription)?.sections ?? [];
  }

  #sectionOf(transceiver: FakeTransceiver, mid: string, direction: Direction): Section {
    return {
      kind: transceiver.kind,
      mid,
      direction,
      msids: sends(direction) ? transceiver.sender.streamIds : [],
    };
  }

  #write(sections: readonly Section[], ufrag: string): string {
    const codecs = this.#transceivers.find((transceiver) => transceiver.kind === 'video')?.codecs ?? [];
    return writeSdp({ session: this.#session, ufrag, sections, codecs }, []);
  }

  #byMid(mid: string): FakeTransceiver | undefined {
    return this.#transceivers.find((transceiver) => transceiver.mid === mid);
  }

  #newMid(taken: readonly Section[]): string {
    while (taken.some((section) => section.mid === String(this.#mids))) this.#mids += 1;
    this.#mids += 1;
    return String(this.#mids - 1);
  }

  #newUfrag(): string {
    this.#ufrags += 1;
    return `u${this.#session}x${this.#ufrags}`;
  }

  /** The work of a real operation, of a length that is not the same each time. */
  #pause(): Promise<void> {
    return new Promise((resolve) => this.#network.clock.setTimeout(resolve, Math.floor(this.#random() * 4)));
  }
}

function parse(description: Description | null): ParsedDescription | undefined {
  return description ? parseSdp(description.sdp) : undefined;
}

function ufragOf(description: Description | null): string | undefined {
  return description ? parseSdp(description.sdp).ufrag : undefined;
}

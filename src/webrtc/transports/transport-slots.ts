/**
 * The transports of one connection: the objects that scripts see, and the states that those show. States change when the task
 * says so, everything else is read from the session. webrtc.html §5.5, §5.6, §6.1.
 */
import type {
  DtlsTransportState,
  IceCandidateFacts,
  IceConnectionState,
  IceGatheringState,
  PeerSessionPort,
  SctpTransportState,
  TransportError,
} from '../../peer/index.ts';
import { rtcErrorOf } from '../errors.ts';
import { RTCErrorEvent } from '../events/error-event.ts';
import { RTCIceCandidate } from '../ice-candidate.ts';
import { relayProtocolOf } from '../ice-server-url.ts';
import { INSIDE } from '../idl/interface.ts';
import { RTCDtlsTransport } from './dtls-transport.ts';
import { RTCIceCandidatePair } from './ice-candidate-pair.ts';
import { type RTCIceParameters, RTCIceTransport } from './ice-transport.ts';
import { RTCSctpTransport } from './sctp-transport.ts';

interface Objects {
  readonly ice: RTCIceTransport;
  readonly dtls: RTCDtlsTransport;
  readonly sctp: RTCSctpTransport;
}

export class TransportSlots {
  readonly #session: PeerSessionPort;
  /** Made when a script asks for one: before, nobody can listen to any of them. */
  #objects: Objects | undefined;
  #iceState: IceConnectionState = 'new';
  #gatheringState: IceGatheringState = 'new';
  #dtlsState: DtlsTransportState = 'new';
  #sctpState: SctpTransportState = 'connecting';
  /** `undefined`: to be read again. */
  #selectedPair: RTCIceCandidatePair | null | undefined = null;
  #certificates: readonly Uint8Array[] = [];
  #maxChannels: number | undefined;

  constructor(session: PeerSessionPort) {
    this.#session = session;
  }

  /** Through it a script gets the others. */
  get sctp(): RTCSctpTransport {
    this.#objects ??= this.#createObjects();
    return this.#objects.sctp;
  }

  get sctpState(): SctpTransportState {
    return this.#sctpState;
  }

  /** To whoever may listen. */
  fire(at: keyof Objects, type: string): void {
    this.#objects?.[at].dispatchEvent(new Event(type));
  }

  fireError(error: TransportError): void {
    this.#objects?.dtls.dispatchEvent(new RTCErrorEvent('error', { error: rtcErrorOf(error) }));
  }

  setIceState(state: IceConnectionState): void {
    this.#iceState = state;
  }

  setGatheringState(state: IceGatheringState): void {
    this.#gatheringState = state;
  }

  setDtlsState(state: DtlsTransportState): void {
    this.#dtlsState = state;
    if (state === 'connected') this.#certificates = this.#session.dtlsTransport?.remoteCertificates ?? [];
  }

  setSctpState(state: SctpTransportState): void {
    this.#sctpState = state;
    this.#maxChannels ??= this.#session.sctpTransport?.maxChannels;
  }

  /** The pair is another one: read when somebody asks. */
  takeSelectedPair(): void {
    this.#selectedPair = undefined;
  }

  /** The connection was closed: nothing tells of it. */
  close(): void {
    this.#iceState = 'closed';
    this.#dtlsState = 'closed';
    this.#sctpState = 'closed';
    this.#selectedPair = null;
  }

  #readSelectedPair(): RTCIceCandidatePair | null {
    if (this.#iceState === 'new' || this.#iceState === 'closed') return null;
    if (this.#selectedPair !== undefined) return this.#selectedPair;
    const pair = this.#session.iceTransport?.selectedPair;
    const ends = pair && { local: candidateOf(pair.local), remote: candidateOf(pair.remote) };
    this.#selectedPair = ends ? new RTCIceCandidatePair(INSIDE, ends) : null;
    return this.#selectedPair;
  }

  #createObjects(): Objects {
    const slots = this;
    const session = this.#session;
    const ice = new RTCIceTransport(INSIDE, {
      get state() {
        return slots.#iceState;
      },
      get gatheringState() {
        return slots.#gatheringState;
      },
      role: () => session.iceTransport?.role ?? 'unknown',
      localCandidates: () => session.iceTransport?.localCandidates.map(candidateOf) ?? [],
      remoteCandidates: () => session.iceTransport?.remoteCandidates.map(candidateOf) ?? [],
      selectedPair: () => slots.#readSelectedPair(),
      localParameters: () => parametersOf(session.iceTransport?.localParameters),
      remoteParameters: () => parametersOf(session.iceTransport?.remoteParameters),
    });
    const dtls = new RTCDtlsTransport(INSIDE, {
      iceTransport: ice,
      get state() {
        return slots.#dtlsState;
      },
      remoteCertificates: () => slots.#certificates,
    });
    const sctp = new RTCSctpTransport(INSIDE, {
      transport: dtls,
      get state() {
        return slots.#sctpState;
      },
      maxMessageBytes: () => session.sctpTransport?.maxMessageBytes,
      maxChannels: () => slots.#maxChannels,
    });
    return { ice, dtls, sctp };
  }
}

function parametersOf(facts: RTCIceParameters | undefined): RTCIceParameters | null {
  return facts ? { usernameFragment: facts.usernameFragment, password: facts.password } : null;
}

/** As scripts hold it, with what only we know of it. */
export function candidateOf(facts: IceCandidateFacts): RTCIceCandidate {
  const { candidate, mid, mLineIndex, usernameFragment, url } = facts;
  const isRelay = / typ relay( |$)/.test(candidate);
  return new RTCIceCandidate({
    candidate,
    sdpMid: mid,
    sdpMLineIndex: mLineIndex,
    usernameFragment: usernameFragment ?? null,
    url: url ?? null,
    relayProtocol: isRelay && url !== undefined ? relayProtocolOf(url) : null,
  });
}

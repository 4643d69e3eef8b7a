/** What a session tells of its states and candidates, as tasks that change slots and fire events. webrtc.html §4.4, §5.6.2. */
import type {
  DtlsTransportState,
  IceConnectionState,
  IceGatheringState,
  LocalIceCandidate,
  PeerConnectionState,
  PeerEvent,
  SctpTransportState,
  SignalingState,
  TransportError,
} from '../peer/index.ts';
import type { EventTasks } from './event-tasks.ts';
import { RTCPeerConnectionIceErrorEvent } from './events/ice-error-event.ts';
import { RTCPeerConnectionIceEvent } from './events/ice-event.ts';
import { candidateOf, type TransportSlots } from './transports/transport-slots.ts';

/** As scripts see them. */
export interface ConnectionStates {
  signaling: SignalingState;
  iceGathering: IceGatheringState;
  iceConnection: IceConnectionState;
  connection: PeerConnectionState;
}

/** The slots of a connection that change here. */
export interface StateSlots {
  readonly states: ConnectionStates;
  refreshDescriptions(): void;
}

type Named<Type extends PeerEvent['type']> = Extract<PeerEvent, { readonly type: Type }>;

type StateChange = Named<'ice-gathering-state'> | Named<'ice-connection-state'> | Named<'connection-state'>;

type TransportChange =
  | Named<'ice-transport-gathering-state'>
  | Named<'ice-transport-state'>
  | Named<'selected-pair'>;

type StateEvent =
  | StateChange
  | TransportChange
  | Named<'signaling-state'>
  | Named<'ice-candidate'>
  | Named<'ice-candidate-error'>
  | Named<'dtls-state'>
  | Named<'sctp-state'>;

/** In the order in which one task tells of them. webrtc.html §5.6.2. */
const TOLD: readonly string[] = [
  'ice-transport-gathering-state',
  'ice-gathering-state',
  'selected-pair',
  'ice-transport-state',
  'ice-connection-state',
  'connection-state',
];

export class ConnectionEvents {
  readonly #slots: StateSlots;
  readonly #target: EventTarget;
  readonly #tasks: EventTasks;
  readonly #transports: () => TransportSlots;

  constructor(slots: StateSlots, target: EventTarget, tasks: EventTasks, transports: () => TransportSlots) {
    this.#slots = slots;
    this.#target = target;
    this.#tasks = tasks;
    this.#transports = transports;
  }

  handle(event: StateEvent): void {
    switch (event.type) {
      case 'signaling-state':
        // The surface tells of it in the task that applied the description.
        break;
      case 'ice-candidate':
        this.#handleCandidate(event.candidate);
        break;
      case 'ice-candidate-error':
        this.#tasks.add(() => this.#target.dispatchEvent(iceErrorEvent(event)));
        break;
      case 'dtls-state':
        this.#handleDtlsState(event.state, event.error);
        break;
      case 'sctp-state':
        this.#handleSctpState(event.state);
        break;
      case 'ice-transport-gathering-state':
      case 'ice-transport-state':
      case 'selected-pair':
        this.#handleTransportChange(event);
        break;
      default:
        this.#handleStateChange(event);
    }
  }

  #handleStateChange(event: StateChange): void {
    const { states } = this.#slots;
    switch (event.type) {
      case 'ice-gathering-state':
        this.#change(event.type, 'icegatheringstatechange', () => {
          states.iceGathering = event.state;
        });
        break;
      case 'ice-connection-state':
        this.#change(event.type, 'iceconnectionstatechange', () => {
          states.iceConnection = event.state;
        });
        break;
      default:
        this.#change(event.type, 'connectionstatechange', () => {
          states.connection = event.state;
        });
    }
  }

  #handleTransportChange(event: TransportChange): void {
    const transports = this.#transports();
    switch (event.type) {
      case 'ice-transport-gathering-state':
        this.#changeIce(event.type, 'gatheringstatechange', () => transports.setGatheringState(event.state));
        break;
      case 'ice-transport-state':
        this.#changeIce(event.type, 'statechange', () => transports.setIceState(event.state));
        break;
      default:
        this.#changeIce(event.type, 'selectedcandidatepairchange', () => transports.takeSelectedPair());
    }
  }

  /** What may come together with others in one task. */
  #change(kind: string, name: string, change: () => void): void {
    const tell = (): void => void this.#target.dispatchEvent(new Event(name));
    this.#tasks.addChange({ kind, order: TOLD.indexOf(kind), change, tell });
  }

  #changeIce(kind: string, name: string, change: () => void): void {
    const tell = (): void => this.#transports().fire('ice', name);
    this.#tasks.addChange({ kind, order: TOLD.indexOf(kind), change, tell });
  }

  #handleSctpState(state: SctpTransportState): void {
    this.#tasks.add(() => {
      const transports = this.#transports();
      transports.setSctpState(state);
      transports.fire('sctp', 'statechange');
    });
  }

  #handleCandidate(candidate: LocalIceCandidate | null): void {
    const tell = (): void => {
      this.#slots.refreshDescriptions();
      const shown = candidate && candidateOf(candidate);
      const init = { candidate: shown, url: candidate?.url ?? null };
      this.#target.dispatchEvent(new RTCPeerConnectionIceEvent('icecandidate', init));
    };
    // webrtc.html §5.6.2: null belongs to the task in which gathering is complete.
    const isLast = candidate === null;
    if (isLast) this.#tasks.addChange({ kind: 'ice-candidate', order: TOLD.length, change: () => {}, tell });
    else this.#tasks.add(tell);
  }

  #handleDtlsState(state: DtlsTransportState, error: TransportError | undefined): void {
    this.#tasks.add(() => {
      const transports = this.#transports();
      transports.setDtlsState(state);
      if (error) transports.fireError(error);
      transports.fire('dtls', 'statechange');
    });
  }
}

function iceErrorEvent(event: Named<'ice-candidate-error'>): Event {
  const { address, port, url, errorCode, errorText } = event;
  return new RTCPeerConnectionIceErrorEvent('icecandidateerror', {
    address: address ?? null,
    port: address === undefined ? null : (port ?? null),
    url,
    errorCode,
    errorText,
  });
}

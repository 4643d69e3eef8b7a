/** The SCTP transport as the W3C shows it. webrtc.html §6.1. */
import { defineHandlers, type EventHandler } from '../events/handlers.ts';
import { TypedTarget } from '../events/typed-target.ts';
import { exposeInterface, givenInside, type OnlyInside } from '../idl/interface.ts';
import type { RTCDtlsTransport } from './dtls-transport.ts';

export type RTCSctpTransportState = 'connecting' | 'connected' | 'closed';

/** Where it reads what it shows. */
export interface SctpTransportSource {
  readonly transport: RTCDtlsTransport;
  readonly state: RTCSctpTransportState;
  maxMessageBytes(): number | undefined;
  maxChannels(): number | undefined;
}

export interface RTCSctpTransportEventMap {
  statechange: Event;
}

export interface RTCSctpTransportHandlers {
  onstatechange: EventHandler;
}

export class RTCSctpTransport extends TypedTarget<RTCSctpTransportEventMap, RTCSctpTransportHandlers> {
  readonly #source: SctpTransportSource;

  /** Scripts get theirs from `RTCPeerConnection.sctp`. */
  constructor(...given: OnlyInside<SctpTransportSource>) {
    const source = givenInside(given);
    super();
    this.#source = source;
  }

  get transport(): RTCDtlsTransport {
    return this.#source.transport;
  }

  get state(): RTCSctpTransportState {
    return this.#source.state;
  }

  /** Bytes; `Infinity` where neither side sets a limit. */
  get maxMessageSize(): number {
    return this.#source.maxMessageBytes() ?? Number.NaN;
  }

  get maxChannels(): number | null {
    return this.#source.maxChannels() ?? null;
  }
}

defineHandlers(RTCSctpTransport, 'statechange');
exposeInterface(RTCSctpTransport);

/** Carries out what a negotiation says must follow: on ICE, DTLS and SCTP, one step after the other. RFC 9429 §5.9 … §5.11. */
import { type Millis, unreachable } from '../base/index.ts';
import type { IceAgent } from '../ice/index.ts';
import type { CandidateDesk } from './candidate-desk.ts';
import type { Gathering } from './gathering.ts';
import type { NegotiationStep } from './negotiation/index.ts';
import type { IceTransportFacts } from './session-port.ts';
import type { PeerTransport } from './transport.ts';

export class StepRunner {
  readonly #ice: IceAgent;
  readonly #transport: PeerTransport;
  readonly #gathering: Gathering;
  readonly #desk: CandidateDesk;
  /** Offer and answer have said who controls. */
  #hasRole = false;

  constructor(ice: IceAgent, transport: PeerTransport, gathering: Gathering, desk: CandidateDesk) {
    this.#ice = ice;
    this.#transport = transport;
    this.#gathering = gathering;
    this.#desk = desk;
  }

  get iceRole(): IceTransportFacts['role'] {
    return this.#hasRole ? this.#ice.role : 'unknown';
  }

  carryOut(now: Millis, step: NegotiationStep): void {
    switch (step.step) {
      case 'yield':
        return; // told already
      case 'ice-role':
        this.#hasRole = true;
        this.#ice.setRole(now, step.role);
        return;
      case 'gather':
        this.#gathering.begin(now, step.ice);
        return;
      case 'abandon-restart':
        this.#gathering.abandonRestart(now, step.ice);
        return;
      case 'abandon-transport':
        this.#gathering.abandon();
        return;
      case 'remote-ice':
        this.#desk.forgetRemote();
        this.#ice.setRemote(now, step.ice);
        return;
      case 'remote-candidate':
        this.#desk.noteRemote(step.candidate, this.#ice.remoteCredentials?.usernameFragment ?? '');
        this.#ice.addRemoteCandidate(now, step.candidate);
        return;
      case 'end-of-remote-candidates':
        this.#ice.endOfRemoteCandidates(now);
        return;
      case 'dtls':
        this.#transport.startDtls(now, step.role, step.fingerprints);
        return;
      case 'sctp':
        // webrtc.html §6.1.1.2: known with the answer, long before there is an association.
        this.#transport.channels.setRemoteMaxMessageBytes(step.agreed.remoteMaxMessageBytes);
        this.#transport.startSctp(now, step.agreed);
        return;
      case 'sctp-message-size':
        this.#transport.channels.setRemoteMaxMessageBytes(step.remoteMaxMessageBytes);
        return;
      case 'close-sctp':
        this.#transport.closeSctp(now);
        return;
      case 'close-transport':
        this.#transport.stop(now);
        return;
      default:
        unreachable(step);
    }
  }
}

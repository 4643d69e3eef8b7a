/** RTCPeerConnection as the W3C shows it: what scripts hand in is converted here, and handed to a `Connection`. webrtc.html §4.4. */
import type { RTCCertificate } from './certificate.ts';
import { type RTCConfiguration, toConfiguration } from './configuration.ts';
import { Connection, type ConnectionHouse } from './connection.ts';
import type { RTCDataChannel } from './data-channel.ts';
import type { RTCDataChannelInit } from './data-channel-init.ts';
import { defineHandlers } from './events/handlers.ts';
import { TypedTarget } from './events/typed-target.ts';
import { generateCertificate, type RTCCertificateAlgorithm } from './generate-certificate.ts';
import { toCandidateMembers } from './ice-candidate.ts';
import { requireArguments, toDictionary } from './idl/convert.ts';
import { exposeInterface } from './idl/interface.ts';
import { settleCallbacks } from './legacy-callbacks.ts';
import type {
  CreatedDescription,
  RTCPeerConnection as PeerConnectionType,
  RTCPeerConnectionConstructor,
  RTCPeerConnectionEventMap,
  RTCPeerConnectionHandlers,
} from './peer-connection-types.ts';
import { type RTCSessionDescription, toDescription, toLocalDescription } from './session-description.ts';
import type { RTCStatsReport } from './stats-report.ts';
import type { RTCSctpTransport } from './transports/sctp-transport.ts';

/** What a method of two forms is called with: at run time both are one. */
type Given = readonly unknown[];

/** The class whose connections live in this house. */
export function definePeerConnection(house: ConnectionHouse): RTCPeerConnectionConstructor {
  class RTCPeerConnection
    extends TypedTarget<RTCPeerConnectionEventMap, RTCPeerConnectionHandlers>
    implements Omit<PeerConnectionType, 'createOffer' | 'createAnswer'>
  {
    readonly #connection: Connection;

    static async generateCertificate(
      keygenAlgorithm: string | RTCCertificateAlgorithm,
    ): Promise<RTCCertificate> {
      // biome-ignore lint/complexity/noArguments: undefined may be given, nothing may not. Web IDL §3.6.
      requireArguments(arguments.length, 1, 'generateCertificate');
      return generateCertificate(house.shell, keygenAlgorithm);
    }

    constructor(configuration: RTCConfiguration = {}) {
      const converted = toConfiguration(configuration);
      super();
      this.#connection = new Connection(house, converted, this);
    }

    get localDescription(): RTCSessionDescription | null {
      return this.#connection.localDescription;
    }

    get currentLocalDescription(): RTCSessionDescription | null {
      return this.#connection.description('currentLocalDescription');
    }

    get pendingLocalDescription(): RTCSessionDescription | null {
      return this.#connection.description('pendingLocalDescription');
    }

    get remoteDescription(): RTCSessionDescription | null {
      return this.#connection.remoteDescription;
    }

    get currentRemoteDescription(): RTCSessionDescription | null {
      return this.#connection.description('currentRemoteDescription');
    }

    get pendingRemoteDescription(): RTCSessionDescription | null {
      return this.#connection.description('pendingRemoteDescription');
    }

    get signalingState(): PeerConnectionType['signalingState'] {
      return this.#connection.states.signaling;
    }

    get iceGatheringState(): PeerConnectionType['iceGatheringState'] {
      return this.#connection.states.iceGathering;
    }

    get iceConnectionState(): PeerConnectionType['iceConnectionState'] {
      return this.#connection.states.iceConnection;
    }

    get connectionState(): PeerConnectionType['connectionState'] {
      return this.#connection.states.connection;
    }

    get canTrickleIceCandidates(): boolean | null {
      return this.#connection.canTrickleIceCandidates;
    }

    get sctp(): RTCSctpTransport | null {
      return this.#connection.sctp;
    }

    async createOffer(...given: Given): Promise<CreatedDescription | undefined> {
      const connection = this.#connection;
      const offer = async (options: unknown): Promise<CreatedDescription> => {
        const { iceRestart } = toDictionary(options, 'RTCOfferOptions');
        return { ...(await connection.createOffer({ iceRestart: Boolean(iceRestart) })) };
      };
      if (given.length < 2) return offer(given[0]);
      settleCallbacks(given[0], given[1], () => offer(given[2]));
      return undefined;
    }

    async createAnswer(...given: Given): Promise<CreatedDescription | undefined> {
      const connection = this.#connection;
      const answer = async (): Promise<CreatedDescription> => ({ ...(await connection.createAnswer()) });
      if (given.length < 2) {
        toDictionary(given[0], 'RTCAnswerOptions');
        return answer();
      }
      settleCallbacks(given[0], given[1], answer);
      return undefined;
    }

    async setLocalDescription(...given: Given): Promise<void> {
      const connection = this.#connection;
      const description = toLocalDescription(given[0]);
      if (given.length < 2) return connection.setLocalDescription(description);
      settleCallbacks(given[1], given[2], () => connection.setLocalDescription(description));
    }

    async setRemoteDescription(description: unknown, ...callbacks: Given): Promise<void> {
      const connection = this.#connection;
      const converted = toDescription(description);
      if (callbacks.length === 0) return connection.setRemoteDescription(converted);
      settleCallbacks(callbacks[0], callbacks[1], () => connection.setRemoteDescription(converted));
    }

    async addIceCandidate(...given: Given): Promise<void> {
      const connection = this.#connection;
      const members = toCandidateMembers(given[0]);
      if (given.length < 2) return connection.addIceCandidate(members);
      settleCallbacks(given[1], given[2], () => connection.addIceCandidate(members));
    }

    restartIce(): void {
      this.#connection.restartIce();
    }

    getConfiguration(): RTCConfiguration {
      return this.#connection.configuration;
    }

    setConfiguration(configuration: RTCConfiguration = {}): void {
      const connection = this.#connection;
      connection.setConfiguration(toConfiguration(configuration));
    }

    createDataChannel(label: string, dataChannelDict: RTCDataChannelInit = {}): RTCDataChannel {
      const connection = this.#connection;
      // biome-ignore lint/complexity/noArguments: undefined may be given, nothing may not. Web IDL §3.6.
      requireArguments(arguments.length, 1, 'createDataChannel');
      return connection.createDataChannel(label, dataChannelDict);
    }

    async getStats(selector: null = null): Promise<RTCStatsReport> {
      const connection = this.#connection;
      if (selector !== null) throw new TypeError('The selector of getStats is a MediaStreamTrack or null.');
      return connection.statistics();
    }

    getSenders(): never[] {
      return this.#connection && [];
    }

    getReceivers(): never[] {
      return this.#connection && [];
    }

    getTransceivers(): never[] {
      return this.#connection && [];
    }

    close(): void {
      this.#connection.close();
    }
  }
  defineHandlers(RTCPeerConnection, ...HANDLED);
  exposeInterface(RTCPeerConnection);
  // The methods of two forms and the on… attributes are told to the compiler by the interface.
  return RTCPeerConnection as unknown as RTCPeerConnectionConstructor;
}

const HANDLED: readonly (keyof RTCPeerConnectionEventMap)[] = [
  'negotiationneeded',
  'icecandidate',
  'icecandidateerror',
  'signalingstatechange',
  'iceconnectionstatechange',
  'icegatheringstatechange',
  'connectionstatechange',
  'datachannel',
];

/** Gathers, remembers who told which candidate, and stands in the fake network as one end of a path. Knows no SDP. */

import type { FakeNetwork, IceEndpoint } from './fake-network.ts';
import type { FakeIceTransport } from './fake-transceiver.ts';

export interface FakeIceAgentOptions {
  readonly network: FakeNetwork;
  readonly configuration: () => RTCConfiguration;
  /** Of the current descriptions. */
  readonly localUfrag: () => string | undefined;
  readonly remoteUfrag: () => string | undefined;
  /** Of the newest local description; gathering for another one is over. */
  readonly gatheringUfrag: () => string | undefined;
  readonly onState: IceEndpoint['setIce'];
  readonly onCandidate: (candidate: RTCIceCandidate | null) => void;
}

export class FakeIceAgent {
  readonly id: number;
  readonly transport: FakeIceTransport = { onselectedcandidatepairchange: null };
  readonly endpoint: IceEndpoint;
  /** Lines of the candidates of the newest generation, for the description. */
  lines: string[] = [];
  readonly #options: FakeIceAgentOptions;
  readonly #local = new Map<string, number[]>();
  readonly #remote = new Map<string, number[]>();
  #closed = false;

  constructor(options: FakeIceAgentOptions) {
    this.#options = options;
    this.id = options.network.nextId();
    this.endpoint = {
      id: this.id,
      localUfrag: options.localUfrag,
      remoteUfrag: options.remoteUfrag,
      localPorts: () => this.#local.get(options.localUfrag() ?? '') ?? [],
      remotePorts: () => this.#remote.get(options.remoteUfrag() ?? '') ?? [],
      setIce: options.onState,
      pairChanged: () => this.transport.onselectedcandidatepairchange?.(),
      pair: undefined,
      silentSince: undefined,
    };
    options.network.attach(this.endpoint);
  }

  /** Ports of all own candidates of all generations. */
  get ports(): readonly number[] {
    return [...this.#local.values()].flat();
  }

  remotePorts(ufrag: string): readonly number[] {
    return this.#remote.get(ufrag) ?? [];
  }

  /** Once for each generation. */
  gather(ufrag: string): void {
    if (this.#local.has(ufrag)) return;
    const { network, configuration, gatheringUfrag, onCandidate } = this.#options;
    const ports: number[] = [];
    this.#local.set(ufrag, ports);
    this.lines = [];
    const kinds: ('host' | 'relay')[] =
      configuration().iceTransportPolicy === 'relay' ? [] : ['host', 'host'];
    if (network.turnUp && configuration().iceServers?.length) kinds.push('relay');
    for (const [index, kind] of kinds.entries()) {
      network.clock.setTimeout(
        () => {
          if (this.#closed || gatheringUfrag() !== ufrag) return;
          const port = network.open(kind);
          ports.push(port);
          const line = `candidate:${port} 1 udp 1 127.0.0.1 ${port} typ ${kind} ufrag ${ufrag}`;
          this.lines.push(line);
          const init = { candidate: line, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: ufrag };
          onCandidate({ ...init, toJSON: () => init } as unknown as RTCIceCandidate);
        },
        5 * (index + 1),
      );
    }
    network.clock.setTimeout(
      () => {
        if (!this.#closed) onCandidate(null);
      },
      5 * (kinds.length + 1),
    );
  }

  learn(ufrag: string, line: string): void {
    const port = Number(line.split(' ')[5]);
    const ports = this.#remote.get(ufrag) ?? [];
    this.#remote.set(ufrag, ports);
    if (!ports.includes(port)) ports.push(port);
  }

  /** The report of the path in use; empty without one. */
  stats(): ReadonlyMap<string, object> {
    const stats = new Map<string, object>();
    const { network } = this.#options;
    const { pair } = this.endpoint;
    if (!pair) return stats;
    const candidate = (id: string, port: number): object => ({
      id,
      type: `${id}-candidate`,
      candidateType: network.isRelay(port) ? 'relay' : 'host',
      protocol: 'udp',
      ...(network.isRelay(port) ? { relayProtocol: 'udp' } : {}),
      address: '127.0.0.1',
      port,
    });
    stats.set('transport', { id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' });
    stats.set('pair', {
      id: 'pair',
      type: 'candidate-pair',
      localCandidateId: 'local',
      remoteCandidateId: 'remote',
      currentRoundTripTime: 0.012,
      // Packets come for as long as both ends of the path are there.
      bytesReceived: pair.every((port) => network.isAlive(port)) ? network.clock.now() : 0,
    });
    stats.set('local', candidate('local', pair[0]));
    stats.set('remote', candidate('remote', pair[1]));
    return stats;
  }

  close(): void {
    this.#closed = true;
    this.#options.network.detach(this.id);
  }
}

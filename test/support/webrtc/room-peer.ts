/** One of our connections in a room of the server, by perfect negotiation over signaling: the polite side. webrtc.html §10.7. */
import { RTCPeerConnection } from '../../../src/node/webrtc/index.ts';
import type { RTCConfiguration, RTCIceServer } from '../../../src/webrtc/index.ts';
import { RawClient, type RawEvent } from '../raw-client.ts';
import type { ServerProcess } from '../server-process.ts';

type Signal = Readonly<Record<string, unknown>>;

export class RoomPeer {
  readonly iceServers: readonly RTCIceServer[];
  readonly #client: RawClient;
  readonly #failures: unknown[] = [];
  #partner: Promise<string> | undefined;
  #connection: RTCPeerConnection | undefined;
  #taken = 0;
  #chain: Promise<void> = Promise.resolve();
  #polling: ReturnType<typeof setInterval> | undefined;

  private constructor(client: RawClient, iceServers: readonly RTCIceServer[]) {
    this.#client = client;
    this.iceServers = iceServers;
  }

  /** Joins `room`; nothing is negotiated before `begin`. */
  static async join(server: ServerProcess, room: string): Promise<RoomPeer> {
    const client = await RawClient.hello(server, 'node');
    const { ice } = await client.next(({ type }) => type === 'ice');
    await client.request({ type: 'join-room', room });
    return new RoomPeer(client, (ice as { readonly iceServers: readonly RTCIceServer[] }).iceServers);
  }

  /** What went wrong in answering signals. */
  get failures(): readonly unknown[] {
    return this.#failures;
  }

  get connection(): RTCPeerConnection {
    if (!this.#connection) throw new Error('begin comes first');
    return this.#connection;
  }

  begin(configuration: RTCConfiguration = {}): RTCPeerConnection {
    const connection = new RTCPeerConnection(configuration);
    this.#connection = connection;
    connection.onicecandidate = ({ candidate }) =>
      this.#say({ kind: 'candidate', candidate: candidate ? candidate.toJSON() : null });
    connection.onnegotiationneeded = () => void this.#guard(this.#describe(connection));
    this.#polling = setInterval(() => this.#takeNew(connection), 5);
    return connection;
  }

  async close(): Promise<void> {
    clearInterval(this.#polling);
    this.#connection?.close();
    this.#client.close();
    await this.#chain;
  }

  async #describe(connection: RTCPeerConnection): Promise<void> {
    await connection.setLocalDescription();
    this.#say({ kind: 'description', description: connection.localDescription?.toJSON() });
  }

  #say(signal: Signal): void {
    this.#partner ??= this.#client
      .next((event) => partnerOf(event) !== undefined)
      .then((event) => partnerOf(event) ?? '');
    void this.#guard(
      this.#partner.then(async (to) => {
        await this.#client.request({ type: 'signal', to, signal });
      }),
    );
  }

  #takeNew(connection: RTCPeerConnection): void {
    for (; this.#taken < this.#client.events.length; this.#taken++) {
      const event = this.#client.events[this.#taken];
      if (event?.type !== 'signal') continue;
      const signal = event.signal as Signal;
      this.#chain = this.#chain.then(() => this.#guard(this.#apply(connection, signal)));
    }
  }

  async #apply(connection: RTCPeerConnection, { kind, description, candidate }: Signal): Promise<void> {
    if (kind === 'candidate') {
      await connection.addIceCandidate(candidate as { candidate: string } | null);
      return;
    }
    const { type, sdp } = description as { readonly type: 'offer' | 'answer'; readonly sdp: string };
    // An offer while ours is on its way: ours is rolled back.
    await connection.setRemoteDescription({ type, sdp });
    if (type === 'offer') await this.#describe(connection);
  }

  async #guard(promise: Promise<void>): Promise<void> {
    await promise.catch((error: unknown) => {
      if (this.#connection?.signalingState !== 'closed') this.#failures.push(error);
    });
  }
}

function partnerOf(event: RawEvent): string | undefined {
  const { type, participants, participant } = event as {
    readonly type?: string;
    readonly participants?: readonly { readonly id: string }[];
    readonly participant?: { readonly id: string };
  };
  return type === 'joined' ? participants?.[0]?.id : participant?.id;
}

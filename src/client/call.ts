/** A participant in a room: signaling session, room, mesh and chat composed into the `Call` that a page uses. */
import { StackError } from '../base/index.ts';
import type { ClientRequest, ParticipantId } from '../signaling/index.ts';
import { type CallError, clientError } from './call-error.ts';
import { peersOf, troubleOf } from './call-view.ts';
import { chatBytes, MAX_CHAT_BYTES } from './chat-channel.ts';
import { ChatHistory } from './chat-history.ts';
import { type CallDependencies, type TimerHandle, type World, worldOf } from './dependencies.ts';
import { Entrance } from './entrance.ts';
import { IceServers } from './ice-servers.ts';
import { Mesh } from './mesh.ts';
import { OutgoingMedia } from './outgoing-media.ts';
import {
  afterEvent,
  EMPTY_ROOM,
  leftRoom,
  type RoomView,
  withoutKnock,
  withoutMember,
} from './room-state.ts';
import { SeatKeeper } from './seat-keeper.ts';
import { type RoomEvent, SignalingSession } from './signaling-session.ts';
import type { Call, CallOptions, CallState, LinkSample, TrackRole } from './state.ts';
import { Store } from './store.ts';

/** Does nothing until `connect`, `createRoom` or `joinRoom`. */
export function createCall(dependencies: CallDependencies, options: CallOptions): Call {
  return new RoomCall(dependencies, options);
}

/** A changed network shows as trouble until everybody is connected again: at least so long, for links notice late. */
const NETWORK_CHANGED_MIN_MS = 2000;
const NETWORK_CHANGED_MAX_MS = 10_000;

class RoomCall implements Call {
  readonly #world: World;
  readonly #transport: CallDependencies['transport'];
  readonly #session: SignalingSession;
  readonly #store: Store<CallState>;
  readonly #ice: IceServers;
  readonly #outgoing: OutgoingMedia;
  readonly #mesh: Mesh;
  readonly #chat = new ChatHistory();
  readonly #entrance: Entrance;
  #name: string;
  #view: RoomView = EMPTY_ROOM;
  #watching = false;
  /** The session is a new one, and the seat that hello named has not been given back yet. */
  #renewed = false;
  #mediaSent = '';
  #mediaScheduled = false;
  #networkTimer: TimerHandle | undefined;
  #networkChangedAtMs: number | undefined;

  constructor(dependencies: CallDependencies, options: CallOptions) {
    const world = worldOf(dependencies);
    this.#world = world;
    this.#transport = dependencies.transport;
    this.#name = options.name;
    this.#outgoing = new OutgoingMedia(world.createMediaStream);
    this.#outgoing.videoCodec = options.videoCodec;
    this.#outgoing.dataOnly = options.dataOnly ?? false;
    this.#ice = new IceServers({
      icePolicy: options.icePolicy ?? 'all',
      relayTransport: options.relayTransport,
    });
    this.#session = new SignalingSession({
      transport: dependencies.transport,
      clock: world.clock,
      random: world.random,
      name: () => this.#name,
      seat: () => (this.#view.phase === 'in-room' ? this.#entrance.seat : undefined),
      onEvent: (event) => this.#handleEvent(event),
      onWelcome: (welcome) => this.#handleWelcome(welcome),
      onChange: () => {
        this.#mesh.setSignaling(this.#session.status === 'connected' && !this.#renewed);
        this.#publish();
      },
      onError: (error) => this.#report(error),
    });
    this.#mesh = new Mesh({
      world,
      ice: this.#ice,
      outgoing: this.#outgoing,
      send: (to, signal) => this.#session.request({ type: 'signal', to, signal }),
      onChange: () => this.#publish(),
      onChat: (from, message) => {
        const name = this.#view.members.find((member) => member.id === from)?.name ?? '';
        if (this.#chat.hear(from, name, message, world.wallClock())) this.#publish();
      },
      onError: (error) => this.#report(error),
      onGone: (peer) => this.#setView(withoutMember(this.#view, peer)),
    });
    this.#entrance = new Entrance({
      session: this.#session,
      clock: world.clock,
      seats: new SeatKeeper(world.storage),
      media: () => this.#outgoing.mediaState(),
      view: () => this.#view,
      setView: (view) => this.#setView(view),
      onError: (error) => this.#report(error),
    });
    this.#store = new Store<CallState>(initialState(options.name));
  }

  get state(): CallState {
    return this.#store.state;
  }

  subscribe(listener: (state: CallState) => void): () => void {
    return this.#store.subscribe(listener);
  }

  connect(): void {
    this.#session.connect();
  }

  close(options?: { readonly keepSeat?: boolean }): void {
    const keepSeat = options?.keepSeat === true;
    // Best effort: the text is handed to the transport before it is closed.
    if (this.#view.phase === 'in-room' || this.#view.phase === 'waiting')
      this.#tell({ type: keepSeat ? 'step-out' : 'leave-room' });
    if (!keepSeat) this.#entrance.giveUp();
    this.#world.clock.clearTimeout(this.#networkTimer);
    this.#mesh.clear();
    this.#session.close();
    if (this.#view.phase === 'in-room') this.#setView(leftRoom(this.#view, 'left'));
  }

  async rename(name: string): Promise<void> {
    if (this.#session.status === 'connected') await this.#session.request({ type: 'rename', name });
    this.#name = name;
    this.#publish();
  }

  async watchLobby(on: boolean): Promise<void> {
    this.#watching = on;
    await this.#session.request({ type: 'watch-lobby', on });
  }

  createRoom(options: Parameters<Call['createRoom']>[0]): Promise<void> {
    return this.#entrance.create(options);
  }

  joinRoom(room: string, options?: { readonly passcode?: string }): Promise<void> {
    return this.#entrance.join(room, options?.passcode);
  }

  async leaveRoom(): Promise<void> {
    this.#entrance.giveUp();
    if (this.#view.phase !== 'in-room' && this.#view.phase !== 'waiting') return;
    const left = this.#session.request({ type: 'leave-room' });
    this.#setView(leftRoom(this.#view, 'left'));
    try {
      await left;
    } catch (thrown) {
      if (!(thrown instanceof StackError) || thrown.code !== 'NOT_IN_ROOM') throw thrown;
    }
  }

  async setRoom(change: Parameters<Call['setRoom']>[0]): Promise<void> {
    await this.#session.request({ type: 'set-room', ...change });
  }

  async admit(participant: ParticipantId, allow: boolean): Promise<void> {
    try {
      await this.#session.request({ type: 'admit', participant, allow });
    } finally {
      // Answered, or gone in the meantime: the server does not tell the host of the host's own answer.
      this.#setView(withoutKnock(this.#view, participant));
    }
  }

  async remove(participant: ParticipantId): Promise<void> {
    await this.#session.request({ type: 'remove', participant });
  }

  setTrack(role: TrackRole, track: MediaStreamTrack | null): void {
    this.#outgoing.setTrack(role, track);
    this.#scheduleMedia();
    for (const link of this.#mesh.links) link.applyTrack(role);
  }

  setMicrophoneMuted(muted: boolean): void {
    this.#outgoing.microphoneMuted = muted;
    this.#scheduleMedia();
  }

  async setVideoLimits(limits: Parameters<Call['setVideoLimits']>[0]): Promise<void> {
    this.#outgoing.limits = limits;
    for (const link of this.#mesh.links) link.applyLimits();
  }

  async setVideoCodec(codec: string | undefined): Promise<void> {
    this.#outgoing.videoCodec = codec;
    for (const link of this.#mesh.links) link.renegotiate();
  }

  sendChat(text: string): void {
    if (text === '' || this.#view.phase !== 'in-room') return;
    if (chatBytes(text) > MAX_CHAT_BYTES) {
      this.#report(clientError('CLIENT_CHAT_TOO_LONG'));
      return;
    }
    const message = this.#chat.say(this.#name, text, this.#world.wallClock());
    for (const link of this.#mesh.links) link.sendChat(message);
    this.#publish();
  }

  get unsentChatBytes(): number {
    return Math.max(0, ...[...this.#mesh.links].map((link) => link.unsentChatBytes));
  }

  async endChat(withinMs: number): Promise<readonly ParticipantId[]> {
    const { clock } = this.#world;
    const links = [...this.#mesh.links].filter(({ status }) => status !== 'failed');
    const unsure = new Set(links.map(({ peer }) => peer));
    const ends = links.map(async (link) => {
      if (await link.endChat()) unsure.delete(link.peer);
    });
    let timer: TimerHandle | undefined;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, withinMs);
    });
    await Promise.race([Promise.all(ends), late]);
    clock.clearTimeout(timer);
    return [...unsure];
  }

  dismissError(): void {
    this.#store.update({ error: undefined });
  }

  networkChanged(): void {
    this.#session.probe();
    for (const link of this.#mesh.links) {
      link.networkChanged().then(
        (isRenewed) => {
          if (isRenewed) this.#showNetworkTrouble();
        },
        () => undefined, // closed while it was asked
      );
    }
  }

  async sample(): Promise<readonly LinkSample[]> {
    const samples = await Promise.allSettled([...this.#mesh.links].map((link) => link.sample()));
    // A link that was closed while it was asked has no numbers any more.
    return samples.flatMap((sample) => (sample.status === 'fulfilled' ? [sample.value] : []));
  }

  #handleWelcome(welcome: { renewed: boolean; resumed: boolean; resumeSeconds: number }): void {
    this.#mesh.setPatience(welcome.resumeSeconds);
    if (this.#view.phase === 'offline') this.#view = { ...this.#view, phase: 'lobby' };
    if (!welcome.renewed) return;
    this.#mediaSent = '';
    if (this.#watching) this.#tell({ type: 'watch-lobby', on: true });
    if (this.#view.phase === 'in-room') this.#renewed = true;
    else if (this.#view.phase === 'waiting') this.#entrance.again(); // the server has forgotten the knock
  }

  #handleEvent(event: RoomEvent): void {
    if (event.type === 'ice') this.#ice.update(event.ice);
    else if (event.type === 'signal') this.#mesh.handleSignal(event.from, event.signal);
    else if (event.type === 'error') {
      if (this.#renewed) this.#loseSeat(event.error);
      else this.#report(event.error);
    } else {
      const before = this.#view;
      if (event.type === 'joined') this.#entrance.take(event.room.id, event.seat);
      if (event.type === 'room-updated' && event.seat) this.#entrance.take(event.room.id, event.seat);
      if (event.type === 'out') this.#entrance.giveUp();
      this.#setView(afterEvent(this.#view, event));
      if (event.type === 'joined') this.#handleJoined(before.self === event.self);
      if (event.type === 'participant-joined') {
        // Known already: back with a session that has lost what was under way.
        const known = before.members.some((member) => member.id === event.participant.id);
        if (known) this.#mesh.peerRenewed(event.participant.id);
      }
    }
  }

  #handleJoined(sameSelf: boolean): void {
    if (this.#renewed) {
      this.#renewed = false;
      if (sameSelf) this.#mesh.sessionRenewed();
      this.#mesh.setSignaling(this.#session.status === 'connected');
    }
    if (!sameSelf) this.#chat.clear();
    this.#scheduleMedia();
    this.#publish();
  }

  /** The answer to the seat in hello, when it is none. */
  #loseSeat(error: CallError): void {
    this.#renewed = false;
    if (error.code === 'SEAT_STALE') {
      this.#setView({ ...this.#view, phase: 'joining', self: undefined, members: [] });
      this.#entrance.again();
      return;
    }
    this.#entrance.giveUp();
    this.#setView(leftRoom(this.#view, error.code === 'ROOM_REMOVED' ? 'removed' : 'left'));
    this.#report(error);
  }

  #setView(view: RoomView): void {
    this.#view = view;
    if (view.phase !== 'in-room' && view.phase !== 'joining') this.#chat.clear();
    this.#mesh.sync(view.self, view.members);
    this.#publish();
  }

  /** Once a microtask, and before the negotiation of a new track begins: people know what it is when it comes. */
  #scheduleMedia(): void {
    if (this.#mediaScheduled) return;
    this.#mediaScheduled = true;
    queueMicrotask(() => {
      this.#mediaScheduled = false;
      if (this.#view.phase !== 'in-room') return;
      const media = this.#outgoing.mediaState();
      const text = JSON.stringify(media);
      if (text === this.#mediaSent) return;
      this.#mediaSent = text;
      this.#tell({ type: 'set-media', media });
    });
  }

  #showNetworkTrouble(): void {
    const { clock } = this.#world;
    clock.clearTimeout(this.#networkTimer);
    this.#networkChangedAtMs = clock.now();
    this.#networkTimer = clock.setTimeout(() => this.#checkNetworkTrouble(), NETWORK_CHANGED_MIN_MS);
    this.#publish();
  }

  #checkNetworkTrouble(): void {
    const { clock } = this.#world;
    const sinceMs = clock.now() - (this.#networkChangedAtMs ?? Number.NEGATIVE_INFINITY);
    const { peers, signaling } = this.#store.state;
    const isWell = signaling.status === 'connected' && peers.every((peer) => peer.link === 'connected');
    if (isWell || sinceMs >= NETWORK_CHANGED_MAX_MS) {
      this.#networkChangedAtMs = undefined;
      this.#publish();
    } else this.#networkTimer = clock.setTimeout(() => this.#checkNetworkTrouble(), 500);
  }

  /** A request that nobody waits for. */
  #tell(request: ClientRequest): void {
    this.#session.request(request).catch((thrown: CallError) => this.#report(thrown));
  }

  #report(error: CallError): void {
    if (error.code === 'CLIENT_CLOSED' || error.code === 'CLIENT_SESSION_LOST') return; // by design
    this.#store.update({ error: { code: error.code, message: error.message } });
  }

  #publish(): void {
    const { state } = this.#store;
    const view = this.#view;
    const peers = peersOf(view.members, view.room, (peer) => this.#mesh.link(peer), state.peers);
    const { status, roundTripMs } = this.#session;
    const transport = this.#transport.kind;
    const old = state.signaling;
    const isSame = old.status === status && old.transport === transport && old.roundTripMs === roundTripMs;
    this.#store.update({
      phase: view.phase,
      signaling: isSame ? old : { status, transport, roundTripMs },
      name: this.#name,
      rooms: view.rooms,
      room: view.room,
      self: view.self,
      isHost: view.self !== undefined && view.room?.host === view.self,
      peers,
      knocks: view.knocks,
      chat: this.#chat.entries,
      out: view.out,
      trouble: troubleOf({
        draining: this.#session.draining,
        signalingLost: status === 'reconnecting',
        networkChanged: this.#networkChangedAtMs !== undefined,
        peers,
        before: state.trouble,
      }),
    });
  }
}

function initialState(name: string): CallState {
  return {
    phase: 'offline',
    signaling: { status: 'connecting', transport: undefined, roundTripMs: undefined },
    name,
    rooms: [],
    room: undefined,
    self: undefined,
    isHost: false,
    peers: [],
    knocks: [],
    chat: [],
    trouble: undefined,
    out: undefined,
    error: undefined,
  };
}

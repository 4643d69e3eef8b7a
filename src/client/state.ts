/**
 * What a call looks like from outside: one immutable snapshot. The page draws it, the CLI prints it.
 * Decides nothing, holds no connection.
 */
import type { MediaState, Participant, ParticipantId, RoomInfo, RoomListing } from '../signaling/index.ts';
import type { CallError } from './call-error.ts';

/**
 * `lobby`: logged in, in no room. `joining`: asked, not answered. `waiting`: knocked, the host decides.
 * `left`: was in a room and is out of it; `CallState.out` tells why.
 */
export type CallPhase = 'offline' | 'lobby' | 'joining' | 'waiting' | 'in-room' | 'left';

export interface SignalingState {
  readonly status: 'connecting' | 'connected' | 'reconnecting' | 'closed';
  readonly transport: 'websocket' | 'polling' | undefined;
  /** Round trip of the last ping, milliseconds. */
  readonly roundTripMs: number | undefined;
}

/** How media travels to one person. RFC 8445 candidate types, in two words that people know. */
export interface Path {
  readonly kind: 'direct' | 'relay';
  /** Of the selected pair's local candidate. */
  readonly protocol: 'udp' | 'tcp';
  /** How this side reaches its own relay; `undefined` when the local candidate is no relay. */
  readonly relayProtocol: 'udp' | 'tcp' | 'tls' | undefined;
  readonly roundTripMs: number | undefined;
}

export type PeerLink = 'connecting' | 'connected' | 'reconnecting' | 'failed';

export interface PeerState {
  readonly id: ParticipantId;
  readonly name: string;
  readonly host: boolean;
  /** Its signaling connection is lost; media may flow on. */
  readonly away: boolean;
  readonly media: MediaState;
  readonly link: PeerLink;
  readonly path: Path | undefined;
  readonly chatOpen: boolean;
  /** The remote streams as they are now; a new object when tracks come or go. */
  readonly camera: MediaStream | undefined;
  readonly screen: MediaStream | undefined;
}

export interface ChatEntry {
  readonly id: number;
  readonly from: ParticipantId | 'self';
  readonly name: string;
  readonly text: string;
  /** Milliseconds since 1970, the receiver's clock. */
  readonly at: number;
}

/** One thing that is wrong now and what is being done. The page has the words for each kind. */
export type Trouble =
  | { readonly kind: 'signaling-lost' }
  | { readonly kind: 'server-restarting' }
  | { readonly kind: 'peer-reconnecting'; readonly peer: ParticipantId }
  | { readonly kind: 'peer-failed'; readonly peer: ParticipantId }
  | { readonly kind: 'network-changed' };

export interface CallState {
  readonly phase: CallPhase;
  readonly signaling: SignalingState;
  readonly name: string;
  /** Public rooms; kept up to date while the lobby is watched. */
  readonly rooms: readonly RoomListing[];
  readonly room: RoomInfo | undefined;
  readonly self: ParticipantId | undefined;
  readonly isHost: boolean;
  readonly peers: readonly PeerState[];
  /** People at the door, for the host. */
  readonly knocks: readonly Pick<Participant, 'id' | 'name'>[];
  readonly chat: readonly ChatEntry[];
  readonly trouble: Trouble | undefined;
  /** Why the last stay ended. */
  readonly out: 'left' | 'removed' | 'declined' | 'replaced' | undefined;
  /** The last refusal that nobody waited for; shown, then dismissed. */
  readonly error: CallError | undefined;
}

/** A sample of the numbers of one peer link, for the details panel. Rates are over the time since the last sample. */
export interface LinkSample {
  readonly atMs: number;
  readonly peer: ParticipantId;
  readonly roundTripMs: number | undefined;
  readonly pair: { readonly local: string; readonly remote: string; readonly path: Path } | undefined;
  /** Estimated by the congestion controller, bit/s. */
  readonly availableOutgoingBps: number | undefined;
  readonly sending: readonly TrackSample[];
  readonly receiving: readonly TrackSample[];
}

export interface TrackSample {
  readonly kind: 'audio' | 'video';
  readonly role: 'microphone' | 'camera' | 'screen' | 'screen-audio';
  readonly codec: string | undefined;
  readonly bps: number;
  readonly packetsPerSecond: number;
  /** 0 … 1. */
  readonly lossFraction: number | undefined;
  readonly jitterMs: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly framesPerSecond: number | undefined;
  /** Decoded when receiving, encoded when sending; total. */
  readonly frames: number | undefined;
  /** RTCStats `qualityLimitationReason`. */
  readonly limitedBy: string | undefined;
  /** 0 … 1, of received audio. */
  readonly audioLevel: number | undefined;
}

export type TrackRole = 'microphone' | 'camera' | 'screen' | 'screen-audio';
export type IcePolicy = 'all' | 'relay';
export type RelayTransport = 'udp' | 'tcp' | 'tls';

export interface CallOptions {
  readonly name: string;
  readonly icePolicy?: IcePolicy;
  /** Keep only TURN URLs of this transport (`tls` = turns:). For tests and diagnosis. */
  readonly relayTransport?: RelayTransport;
  /** A codec name such as `VP9`, moved to the front of the offer. */
  readonly videoCodec?: string;
  /** Takes part without sound and pictures, neither sending nor receiving them: chat, and channels of one's own. */
  readonly dataOnly?: boolean;
}

/**
 * One participant. Every verb that asks the server returns a promise that resolves when it is done and
 * rejects with `StackError` whose `code` is a signaling error code or one of CLIENT_ERRORS.
 */
export interface Call {
  readonly state: CallState;
  /** Called after each change, at most once per microtask turn; returns the way to stop. */
  subscribe(listener: (state: CallState) => void): () => void;
  connect(): void;
  /**
   * Leaves the room and closes everything. With `keepSeat` (for `pagehide`, which may be a reload) the place and the
   * host's role stay kept for the reloaded page until the server gives them up.
   */
  close(options?: { readonly keepSeat?: boolean }): void;
  rename(name: string): Promise<void>;
  watchLobby(on: boolean): Promise<void>;
  createRoom(options: {
    readonly title?: string;
    readonly visibility: 'public' | 'private';
    readonly entry?: 'open' | 'ask';
    readonly passcode?: string;
    /** People in it at the same time, 2 … 64; else the server's own limit. */
    readonly limit?: number;
  }): Promise<void>;
  joinRoom(room: string, options?: { readonly passcode?: string }): Promise<void>;
  leaveRoom(): Promise<void>;
  setRoom(change: {
    readonly title?: string;
    readonly visibility?: 'public' | 'private';
    readonly entry?: 'open' | 'ask';
    readonly locked?: boolean;
    readonly passcode?: string | null;
  }): Promise<void>;
  admit(participant: ParticipantId, allow: boolean): Promise<void>;
  remove(participant: ParticipantId): Promise<void>;
  /**
   * Sends `track` to everybody in that role, now and to who comes later; `null` stops sending. Replaces without
   * renegotiation where a sender exists. The track stays the caller's: it is never stopped here.
   */
  setTrack(role: TrackRole, track: MediaStreamTrack | null): void;
  /** Tells the others whether the microphone is muted, without touching the track. */
  setMicrophoneMuted(muted: boolean): void;
  /** `maxHeight` in pixels scales the camera down for sending; `undefined` lifts the limit. */
  setVideoLimits(limits: { readonly maxHeight?: number; readonly maxBps?: number }): Promise<void>;
  setVideoCodec(codec: string | undefined): Promise<void>;
  sendChat(text: string): void;
  /** Of what has been said so many bytes have not gone to the network, with the person for whom it is most. */
  readonly unsentChatBytes: number;
  /**
   * The end of the chat: nothing is said after it. Resolves when everybody has all that was said, or after `withinMs`, with
   * those of whom nobody knows. Whose link has failed is not waited for, and not among them.
   */
  endChat(withinMs: number): Promise<readonly ParticipantId[]>;
  dismissError(): void;
  /**
   * For a changed network (`online`, `navigator.connection` change) and for "try again": proves the connection to the
   * server, and restarts ICE with everybody from whom nothing comes.
   */
  networkChanged(): void;
  /** One sample of every link. */
  sample(): Promise<readonly LinkSample[]>;
}

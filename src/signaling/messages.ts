/**
 * The signaling protocol, version 1, as schemas: what a client and the server may say. Decides nothing.
 * docs/signaling.md has the message table, the sequence figure and the error codes.
 */
import * as v from 'valibot';
import { DisplayName, ParticipantId, Passcode, RoomId, RoomTitle, Token } from './ids.ts';
import { SignalingError } from './signaling-errors.ts';

export const PROTOCOL_VERSION = 1;

const Sequence = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** Media metadata: what a participant sends just now. `screenStream` is the id of the MediaStream that is the screen. */
export const MediaState = v.strictObject({
  microphone: v.boolean(),
  camera: v.boolean(),
  screen: v.boolean(),
  screenStream: v.optional(v.pipe(v.string(), v.maxLength(128))),
});
export type MediaState = v.InferOutput<typeof MediaState>;

/**
 * Which negotiation a signal belongs to. `epoch` counts the RTCPeerConnections that two people have had with each
 * other; a signal of an older one is stale, a newer one asks for a new connection. `n` counts a sender's descriptions
 * within it, and an answer says in `re` which offer it answers. Left out, the signal is taken as current.
 */
const NegotiationLink = v.strictObject({
  epoch: Sequence,
  n: v.optional(Sequence),
  re: v.optional(Sequence),
});

/** Key data and media metadata: the description carries fingerprints, ICE credentials, codecs, bandwidth. */
const DescriptionSignal = v.strictObject({
  kind: v.literal('description'),
  description: v.strictObject({
    type: v.picklist(['offer', 'answer', 'pranswer']),
    sdp: v.string(),
  }),
  link: v.optional(NegotiationLink),
});

/** Network data: one ICE candidate, in the members of RTCIceCandidateInit; `null` ends the candidates. */
const CandidateSignal = v.strictObject({
  kind: v.literal('candidate'),
  candidate: v.nullable(
    v.object({
      candidate: v.string(),
      sdpMid: v.optional(v.nullable(v.string())),
      sdpMLineIndex: v.optional(v.nullable(v.number())),
      usernameFragment: v.optional(v.nullable(v.string())),
    }),
  ),
  link: v.optional(NegotiationLink),
});

export const Signal = v.variant('kind', [DescriptionSignal, CandidateSignal]);
export type Signal = v.InferOutput<typeof Signal>;

export const Visibility = v.picklist(['public', 'private']);
/** `open`: who has the way in is in. `ask`: the host admits who knocks. */
export const Entry = v.picklist(['open', 'ask']);

export const RoomInfo = v.object({
  id: RoomId,
  title: RoomTitle,
  visibility: Visibility,
  entry: Entry,
  locked: v.boolean(),
  passcode: v.boolean(),
  limit: v.number(),
  host: ParticipantId,
});
export type RoomInfo = v.InferOutput<typeof RoomInfo>;

/** A line of the lobby. */
export const RoomListing = v.object({
  id: RoomId,
  title: RoomTitle,
  people: v.number(),
  limit: v.number(),
  passcode: v.boolean(),
  locked: v.boolean(),
  entry: Entry,
});
export type RoomListing = v.InferOutput<typeof RoomListing>;

export const Participant = v.object({
  id: ParticipantId,
  name: DisplayName,
  media: MediaState,
  /** Its connection is lost; its seat is kept for `resumeSeconds`. */
  away: v.boolean(),
});
export type Participant = v.InferOutput<typeof Participant>;

const IceServer = v.object({
  urls: v.array(v.string()),
  username: v.optional(v.string()),
  credential: v.optional(v.string()),
});

/** STUN and TURN servers for RTCConfiguration.iceServers. Credentials end after `ttlSeconds`; fresh ones come in time. */
export const IceConfiguration = v.object({ iceServers: v.array(IceServer), ttlSeconds: v.number() });
export type IceConfiguration = v.InferOutput<typeof IceConfiguration>;

// --- client to server -------------------------------------------------------------------------------------------

/** First on every connection. `session` continues a cut one; `seat` takes the old place after a server restart. */
export const Hello = v.strictObject({
  type: v.literal('hello'),
  v: v.number(),
  name: DisplayName,
  session: v.optional(v.strictObject({ token: Token, received: Sequence })),
  seat: v.optional(Token),
});
export type Hello = v.InferOutput<typeof Hello>;

// The annotation lets a bundler drop the schemas that only a server checks.
const request = /* @__NO_SIDE_EFFECTS__ */ <Type extends string, Entries extends v.ObjectEntries>(
  type: Type,
  entries: Entries,
) => v.strictObject({ type: v.literal(type), ...entries });

/** Every request but `hello` is answered by one `reply` that names its `n`. */
export const ClientRequest = v.variant('type', [
  request('watch-lobby', { on: v.boolean() }),
  request('create-room', {
    title: v.optional(RoomTitle),
    visibility: Visibility,
    entry: v.optional(Entry),
    passcode: v.optional(Passcode),
    limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(64))),
    media: v.optional(MediaState),
  }),
  /** `seat`: the token of an earlier stay, which a reloaded page kept. It opens the door again and ends that stay. */
  request('join-room', {
    room: v.string(),
    passcode: v.optional(Passcode),
    seat: v.optional(Token),
    media: v.optional(MediaState),
  }),
  request('leave-room', {}),
  /** The page is going; it may be a reload. The seat is kept for a short time only. */
  request('step-out', {}),
  request('signal', { to: ParticipantId, signal: Signal }),
  request('set-media', { media: MediaState }),
  request('rename', { name: DisplayName }),
  /** Host only. `passcode: null` removes it. */
  request('set-room', {
    title: v.optional(RoomTitle),
    visibility: v.optional(Visibility),
    entry: v.optional(Entry),
    locked: v.optional(v.boolean()),
    passcode: v.optional(v.nullable(Passcode)),
  }),
  /** Host only: answers a knock. */
  request('admit', { participant: ParticipantId, allow: v.boolean() }),
  /** Host only. */
  request('remove', { participant: ParticipantId }),
  request('refresh-ice', {}),
  request('ping', {}),
]);
export type ClientRequest = v.InferOutput<typeof ClientRequest>;
export type RequestType = ClientRequest['type'];

const RequestNumber = v.pipe(Sequence, v.minValue(1));

/** `n` counts a session's requests from 1; `ack` is the highest `s` received. */
export const ClientFrame = v.variant('type', [
  Hello,
  v.strictObject({ type: v.literal('request'), n: RequestNumber, ack: Sequence, request: ClientRequest }),
]);
export type ClientFrame = v.InferOutput<typeof ClientFrame>;

// --- server to client -------------------------------------------------------------------------------------------

const event = <Type extends string, Entries extends v.ObjectEntries>(type: Type, entries: Entries) =>
  v.object({ type: v.literal(type), ...entries });

/** Answers `hello`. `received` is the highest `n` that the server has; what came after must be said again. */
export const Welcome = event('welcome', {
  v: v.number(),
  session: Token,
  resumed: v.boolean(),
  received: Sequence,
  limits: v.object({ messageBytes: v.number(), roomPeople: v.number(), resumeSeconds: v.number() }),
});
export type Welcome = v.InferOutput<typeof Welcome>;

export const Reply = v.variant('ok', [
  v.object({
    type: v.literal('reply'),
    re: Sequence,
    ok: v.literal(true),
    status: v.optional(v.picklist(['joined', 'waiting'])),
  }),
  v.object({ type: v.literal('reply'), re: Sequence, ok: v.literal(false), error: SignalingError }),
]);

/** Why somebody is gone: by choice, by a lost connection, by the host, or to a newer stay of the same person. */
export const LeaveReason = v.picklist(['left', 'lost', 'removed', 'rejoined']);
export type LeaveReason = v.InferOutput<typeof LeaveReason>;
/** Why the receiver is no longer in (or at the door of) the room. */
export const OutReason = v.picklist(['removed', 'declined', 'replaced']);
export type OutReason = v.InferOutput<typeof OutReason>;

export const ServerEvent = v.variant('type', [
  event('lobby', { rooms: v.array(RoomListing) }),
  /** You have a seat: after join-room, after the host admitted you, after a seat was taken again. Others are in order of arrival. */
  event('joined', { room: RoomInfo, self: ParticipantId, seat: Token, participants: v.array(Participant) }),
  event('participant-joined', { participant: Participant }),
  event('participant-updated', { participant: Participant }),
  event('participant-left', { participant: ParticipantId, reason: LeaveReason }),
  event('knock', { participant: ParticipantId, name: DisplayName }),
  event('knock-gone', { participant: ParticipantId }),
  /** `seat`: a fresh token that holds the new settings; keep it in place of the old one. */
  event('room-updated', { room: RoomInfo, seat: v.optional(Token) }),
  event('out', { reason: OutReason }),
  event('signal', { from: ParticipantId, signal: Signal }),
  event('ice', { ice: IceConfiguration }),
  /** The server is about to end; connect again after so many milliseconds. */
  event('draining', { reconnectInMs: v.number() }),
  /** Something received could not be understood well enough to be answered by a reply. The connection stays. */
  event('error', { error: SignalingError }),
]);
export type ServerEvent = v.InferOutput<typeof ServerEvent> | v.InferOutput<typeof Reply>;

/** `s` counts a session's events from 1, `at` is the server's clock (ms since 1970), `ack` the highest `n` received. */
export const ServerFrame = v.union([
  Welcome,
  v.object({
    type: v.literal('event'),
    s: Sequence,
    at: v.number(),
    ack: Sequence,
    event: v.union([ServerEvent, Reply]),
  }),
]);
export type ServerFrame = v.InferOutput<typeof ServerFrame>;

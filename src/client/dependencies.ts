/** What a call is given from outside: clock, storage, signaling transport, and the makers of W3C objects. */
import type { SignalingTransport } from './signaling-transport.ts';

export type TimerHandle = unknown;

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** The part of `Storage` that keeps the seat of a reloaded page. `sessionStorage` fits: one seat for each tab. */
export interface SeatStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface CallDependencies {
  readonly transport: SignalingTransport;
  readonly createPeerConnection: (configuration: RTCConfiguration) => RTCPeerConnection;
  /** Default: `new MediaStream(tracks)`. */
  readonly createMediaStream?: (tracks: readonly MediaStreamTrack[]) => MediaStream;
  /** What the browser can decode; default: `RTCRtpReceiver.getCapabilities('video')`. */
  readonly videoCodecs?: () => readonly RTCRtpCodec[];
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Milliseconds since 1970, for the times of chat messages. Default: `Date.now`. */
  readonly wallClock?: () => number;
  /** Uniform in 0 … 1, for jitter only. Default: `Math.random`. */
  readonly random?: () => number;
  /** Without it a reloaded page joins as a new person. */
  readonly storage?: SeatStorage;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

export interface World extends Required<Omit<CallDependencies, 'storage' | 'transport'>> {
  readonly storage: SeatStorage | undefined;
}

/** The dependencies with their defaults filled in. */
export function worldOf(dependencies: CallDependencies): World {
  return {
    createPeerConnection: dependencies.createPeerConnection,
    createMediaStream: dependencies.createMediaStream ?? ((tracks) => new MediaStream([...tracks])),
    videoCodecs: dependencies.videoCodecs ?? browserVideoCodecs,
    clock: dependencies.clock ?? systemClock,
    wallClock: dependencies.wallClock ?? Date.now,
    random: dependencies.random ?? Math.random,
    storage: dependencies.storage,
  };
}

/** webrtc-pc §5.3: the codecs of the receiver are those that setCodecPreferences takes. */
function browserVideoCodecs(): readonly RTCRtpCodec[] {
  if (typeof RTCRtpReceiver === 'undefined' || !RTCRtpReceiver.getCapabilities) return [];
  return RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
}

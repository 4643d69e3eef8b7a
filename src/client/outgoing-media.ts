/**
 * What this side sends to everybody: one track for each role, the streams that name them, the limits and the codec.
 * Owns no track: stopping them is the caller's.
 */
import type { MediaState } from '../signaling/index.ts';
import type { TrackRole } from './state.ts';

export interface VideoLimits {
  readonly maxHeight?: number;
  readonly maxBps?: number;
}

export class OutgoingMedia {
  limits: VideoLimits = {};
  videoCodec: string | undefined;
  /** Nothing is sent or received but data: no section of an offer is for media. */
  dataOnly = false;
  microphoneMuted = false;
  readonly #tracks = new Map<TrackRole, MediaStreamTrack>();
  readonly #create: (tracks: readonly MediaStreamTrack[]) => MediaStream;
  #cameraStream: MediaStream | undefined;
  #screenStream: MediaStream | undefined;

  constructor(createMediaStream: (tracks: readonly MediaStreamTrack[]) => MediaStream) {
    this.#create = createMediaStream;
  }

  /** Groups microphone and camera, so that the receiver keeps them in step. Made when somebody asks: a data peer never does. */
  get cameraStream(): MediaStream {
    this.#cameraStream ??= this.#create([]);
    return this.#cameraStream;
  }

  /** Its id in MediaState tells the receiver which stream is the screen. */
  get screenStream(): MediaStream {
    this.#screenStream ??= this.#create([]);
    return this.#screenStream;
  }

  track(role: TrackRole): MediaStreamTrack | null {
    return this.#tracks.get(role) ?? null;
  }

  setTrack(role: TrackRole, track: MediaStreamTrack | null): void {
    if (track) this.#tracks.set(role, track);
    else this.#tracks.delete(role);
  }

  streamOf(role: TrackRole): MediaStream {
    return role === 'screen' || role === 'screen-audio' ? this.screenStream : this.cameraStream;
  }

  mediaState(): MediaState {
    const screen = this.#tracks.has('screen');
    return {
      microphone: this.#tracks.has('microphone') && !this.microphoneMuted,
      camera: this.#tracks.has('camera'),
      screen,
      ...(screen ? { screenStream: this.screenStream.id } : {}),
    };
  }
}

/**
 * `codecs` with those called `name` (`VP9`) first; the others, retransmission and error correction among them, keep
 * their order behind. Empty when `name` is undefined or unknown, which gives back the browser's own order.
 * W3C webrtc §5.4 (setCodecPreferences).
 */
export function preferCodec(codecs: readonly RTCRtpCodec[], name: string | undefined): RTCRtpCodec[] {
  const isWanted = (codec: RTCRtpCodec): boolean =>
    codec.mimeType.toLowerCase() === `video/${name?.toLowerCase()}`;
  const wanted = codecs.filter(isWanted);
  return wanted.length === 0 ? [] : [...wanted, ...codecs.filter((codec) => !isWanted(codec))];
}

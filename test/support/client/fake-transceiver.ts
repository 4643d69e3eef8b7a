/** Sender, receiver and transceiver of the fake peer connection. W3C webrtc §5.2–5.4. */
import type { Direction } from './fake-description.ts';
import { fakeTrack } from './fake-media.ts';

export interface FakeIceTransport {
  onselectedcandidatepairchange: (() => void) | null;
}

interface Parameters {
  readonly encodings: RTCRtpEncodingParameters[];
  readonly codecs: RTCRtpCodecParameters[];
}

export class FakeSender {
  track: MediaStreamTrack | null;
  streamIds: readonly string[];
  parameters: Parameters = {
    encodings: [{}],
    codecs: ['VP8', 'VP9', 'H264'].map((name, index) => ({
      mimeType: `video/${name}`,
      clockRate: 90_000,
      payloadType: 96 + index,
    })),
  };
  /** How often a key frame was asked for. */
  keyFrames = 0;
  transport: { readonly iceTransport: FakeIceTransport } | null = null;
  readonly #changed: () => void;

  constructor(track: MediaStreamTrack | null, streamIds: readonly string[], changed: () => void) {
    this.track = track;
    this.streamIds = streamIds;
    this.#changed = changed;
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    await Promise.resolve();
    this.track = track;
  }

  setStreams(...streams: readonly MediaStream[]): void {
    this.streamIds = streams.map((stream) => stream.id);
    this.#changed();
  }

  getParameters(): Parameters {
    return structuredClone(this.parameters);
  }

  async setParameters(
    parameters: Parameters,
    options?: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
  ): Promise<void> {
    if (options?.encodingOptions[0]?.keyFrame) this.keyFrames += 1;
    this.parameters = structuredClone(parameters);
  }
}

export class FakeTransceiver {
  mid: string | null = null;
  currentDirection: Direction | null = null;
  /** Whether it was made by a remote description: a rollback of that description takes it away. */
  readonly byRemote: boolean;
  readonly kind: 'audio' | 'video';
  readonly sender: FakeSender;
  readonly receiver: { readonly track: MediaStreamTrack };
  codecs: readonly string[] = [];
  remoteStreams: readonly string[] = [];
  #direction: Direction;
  readonly #changed: () => void;

  constructor(options: {
    readonly kind: 'audio' | 'video';
    readonly direction: Direction;
    readonly track: MediaStreamTrack | null;
    readonly streamIds: readonly string[];
    readonly byRemote: boolean;
    readonly changed: () => void;
  }) {
    this.kind = options.kind;
    this.#direction = options.direction;
    this.byRemote = options.byRemote;
    this.#changed = options.changed;
    this.sender = new FakeSender(options.track, options.streamIds, options.changed);
    this.receiver = { track: fakeTrack(options.kind) };
  }

  get direction(): Direction {
    return this.#direction;
  }

  set direction(direction: Direction) {
    this.#direction = direction;
    this.#changed();
  }

  setCodecPreferences(codecs: readonly RTCRtpCodec[]): void {
    this.codecs = codecs.map((codec) => codec.mimeType);
  }
}

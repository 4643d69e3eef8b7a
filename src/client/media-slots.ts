/**
 * Which transceiver of one RTCPeerConnection carries which role. Microphone and camera come first and exist from the
 * first offer on, so that switching them on, off or over is a `replaceTrack` without negotiation; screen and its sound
 * are added when they are first shared, and kept.
 */
import { type OutgoingMedia, preferCodec, type VideoLimits } from './outgoing-media.ts';
import type { TrackRole } from './state.ts';
import { TaskQueue } from './task-queue.ts';

const TRACK_ROLES = ['microphone', 'camera', 'screen', 'screen-audio'] as const satisfies TrackRole[];

/** webrtc-extensions §5.5, not in TypeScript's library yet. */
type CodecEncoding = RTCRtpEncodingParameters & { codec?: RTCRtpCodec };

type KeyFrameSender = Omit<RTCRtpSender, 'setParameters'> & {
  setParameters(
    parameters: RTCRtpSendParameters,
    options?: { readonly encodingOptions: readonly { readonly keyFrame: boolean }[] },
  ): Promise<void>;
};

export interface MediaSlotsOptions {
  readonly pc: RTCPeerConnection;
  readonly outgoing: OutgoingMedia;
  readonly videoCodecs: () => readonly RTCRtpCodec[];
  readonly onError: (thrown: unknown) => void;
}

export class MediaSlots {
  readonly #options: MediaSlotsOptions;
  readonly #slots = new Map<TrackRole, RTCRtpTransceiver>();
  /** What each sender was last told to send; `sender.track` lags behind while a replacement is under way. */
  readonly #given = new Map<TrackRole, MediaStreamTrack | null>();
  /**
   * One after the other: parameters that were read before another change are refused. What is refused in spite of that
   * is refused for good: by a negotiation that came between, which ends in `applyParameters` again, or by the browser.
   */
  readonly #changes = new TaskQueue(() => undefined);
  #preferredCodec: string | undefined;

  constructor(options: MediaSlotsOptions) {
    this.#options = options;
  }

  transceiver(role: TrackRole): RTCRtpTransceiver | undefined {
    return this.#slots.get(role);
  }

  roleOfSender(sender: RTCRtpSender | undefined): TrackRole | undefined {
    for (const [role, slot] of this.#slots) if (slot.sender === sender) return role;
    return undefined;
  }

  /** Before the first offer. The other side takes the first audio and the first video section over in `adopt`. */
  open(): void {
    if (this.#options.outgoing.dataOnly) return;
    this.#add('microphone', 'sendrecv');
    this.#add('camera', 'sendrecv');
    this.fill();
  }

  /** After the first remote offer, before it is answered. */
  adopt(): void {
    if (this.#options.outgoing.dataOnly) return;
    const own = new Set(this.#slots.values());
    const offered = this.#options.pc.getTransceivers().filter((transceiver) => !own.has(transceiver));
    this.#take(
      'microphone',
      offered.find((transceiver) => transceiver.receiver.track.kind === 'audio'),
    );
    this.#take(
      'camera',
      offered.find((transceiver) => transceiver.receiver.track.kind === 'video'),
    );
  }

  /** Gives every role its track, with a new section for a role that has a track and no section yet. */
  fill(): void {
    for (const role of TRACK_ROLES) this.apply(role);
  }

  apply(role: TrackRole): void {
    const slot = this.#slots.get(role);
    const track = this.#options.outgoing.track(role);
    if (!slot) {
      if (track) this.#add(role, role === 'microphone' || role === 'camera' ? 'sendrecv' : 'sendonly');
    } else if (this.#given.get(role) !== track) {
      this.#given.set(role, track);
      slot.sender.replaceTrack(track).then(() => {
        if (role === 'camera') this.applyParameters();
      }, this.#options.onError);
    }
  }

  /** Before a description is made. */
  applyCodec(): void {
    const { outgoing, videoCodecs } = this.#options;
    if (outgoing.videoCodec === undefined && this.#preferredCodec === undefined) return;
    const preferred = preferCodec(videoCodecs(), outgoing.videoCodec);
    for (const role of ['camera', 'screen'] as const) {
      try {
        this.#slots.get(role)?.setCodecPreferences?.(preferred);
      } catch {
        // An older browser takes sender codecs only: it then keeps its own order.
      }
    }
    this.#preferredCodec = outgoing.videoCodec;
  }

  /**
   * Scales and limits what the camera sends, and chooses the codec of camera and screen for sending: without that the
   * answering side sends what the offer puts first. A browser that cannot is left as it is. W3C webrtc §5.2
   * (setParameters), webrtc-extensions (RTCRtpEncodingParameters.codec).
   */
  applyParameters(): void {
    this.#changes.push(() => this.#change('camera', this.#options.outgoing.limits));
    this.#changes.push(() => this.#change('screen', {}));
  }

  /**
   * Pictures come by a new path: without a key frame the receiver sees nothing until it asks for one, which Chromium
   * does every 3 s. Browsers that do not know the second argument do nothing. webrtc-extensions (RTCSetParameterOptions).
   */
  requestKeyFrames(): void {
    for (const role of ['camera', 'screen'] as const) {
      this.#changes.push(async () => {
        const sender: KeyFrameSender | undefined = this.#slots.get(role)?.sender;
        if (!sender?.track) return;
        const parameters = sender.getParameters();
        const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }));
        await sender.setParameters(parameters, { encodingOptions });
      });
    }
  }

  close(): void {
    this.#changes.close();
  }

  async #change(role: TrackRole, { maxHeight, maxBps }: VideoLimits): Promise<void> {
    const sender = this.#slots.get(role)?.sender;
    if (!sender?.getParameters) return;
    const parameters = sender.getParameters();
    const encoding: CodecEncoding | undefined = parameters.encodings?.[0];
    if (!encoding) return;
    const height = sender.track?.getSettings().height;
    const scale = height && maxHeight ? Math.max(1, height / maxHeight) : 1;
    const [codec] = preferCodec(parameters.codecs ?? [], this.#options.outgoing.videoCodec);
    const isSame =
      (encoding.scaleResolutionDownBy ?? 1) === scale &&
      encoding.maxBitrate === maxBps &&
      encoding.codec?.mimeType === codec?.mimeType;
    if (isSame) return;
    encoding.scaleResolutionDownBy = scale;
    if (maxBps === undefined) delete encoding.maxBitrate;
    else encoding.maxBitrate = maxBps;
    if (codec === undefined) delete encoding.codec;
    else encoding.codec = withoutPayloadType(codec);
    await sender.setParameters(parameters);
  }

  #add(role: TrackRole, direction: RTCRtpTransceiverDirection): void {
    const { pc, outgoing } = this.#options;
    const kind = role === 'camera' || role === 'screen' ? 'video' : 'audio';
    const track = outgoing.track(role);
    const init = { direction, streams: [outgoing.streamOf(role)] };
    this.#slots.set(role, pc.addTransceiver(track ?? kind, init));
    this.#given.set(role, track);
  }

  #take(role: TrackRole, transceiver: RTCRtpTransceiver | undefined): void {
    if (!transceiver || this.#slots.has(role)) return;
    const { outgoing } = this.#options;
    transceiver.direction = 'sendrecv';
    transceiver.sender.setStreams?.(outgoing.streamOf(role));
    this.#slots.set(role, transceiver);
    this.#given.set(role, null);
    this.apply(role);
  }
}

/** The members of RTCRtpCodec; `getParameters` gives the negotiated payload type with it, which is no part of a wish. */
function withoutPayloadType(codec: RTCRtpCodec): RTCRtpCodec {
  const { mimeType, clockRate, channels, sdpFmtpLine } = codec;
  return {
    mimeType,
    clockRate,
    ...(channels === undefined ? {} : { channels }),
    ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }),
  };
}

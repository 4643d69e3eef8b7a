/** The tracks that come from one person, put together as the two streams that a page shows. Plays nothing. */
import type { MediaSlots } from './media-slots.ts';

export class RemoteMedia {
  readonly #slots: MediaSlots;
  readonly #create: (tracks: readonly MediaStreamTrack[]) => MediaStream;
  /** What has come by `track` events, with the stream ids that the other side gave. W3C webrtc §5.7. */
  readonly #arrived = new Map<RTCRtpTransceiver, readonly string[]>();
  #screenStreamId: string | undefined;
  #camera: MediaStream | undefined;
  #screen: MediaStream | undefined;

  constructor(slots: MediaSlots, create: (tracks: readonly MediaStreamTrack[]) => MediaStream) {
    this.#slots = slots;
    this.#create = create;
  }

  get camera(): MediaStream | undefined {
    return this.#camera;
  }

  get screen(): MediaStream | undefined {
    return this.#screen;
  }

  handleTrack(event: RTCTrackEvent): void {
    this.#arrived.set(
      event.transceiver,
      event.streams.map((stream) => stream.id),
    );
  }

  /** The id of the stream that is the screen now; `undefined` when none is shared. */
  setScreenStream(id: string | undefined): void {
    this.#screenStreamId = id;
  }

  /** True when a stream is another one. A stream whose tracks are the same stays the same object. */
  assemble(): boolean {
    const camera: MediaStreamTrack[] = [];
    const screen: MediaStreamTrack[] = [];
    for (const [transceiver, streamIds] of this.#arrived) {
      if (this.#isPerson(transceiver)) camera.push(transceiver.receiver.track);
      else if (this.#screenStreamId && streamIds.includes(this.#screenStreamId)) {
        screen.push(transceiver.receiver.track);
      }
    }
    const before = [this.#camera, this.#screen];
    this.#camera = this.#streamOf(this.#camera, camera);
    this.#screen = this.#streamOf(this.#screen, screen);
    return this.#camera !== before[0] || this.#screen !== before[1];
  }

  #isPerson(transceiver: RTCRtpTransceiver): boolean {
    return (
      transceiver === this.#slots.transceiver('microphone') ||
      transceiver === this.#slots.transceiver('camera')
    );
  }

  #streamOf(current: MediaStream | undefined, tracks: readonly MediaStreamTrack[]): MediaStream | undefined {
    if (tracks.length === 0) return undefined;
    const had = current?.getTracks() ?? [];
    const same = had.length === tracks.length && tracks.every((track) => had.includes(track));
    return current && same ? current : this.#create(tracks);
  }
}

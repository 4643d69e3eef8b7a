/** The camera, microphone and screen of this person: what is open, what is wanted, what went wrong. Sends nothing. */
import { batch, signal } from '@preact/signals';
import {
  type Captured,
  captureBoth,
  captureCamera,
  captureMicrophone,
  captureScreen,
  type ScreenCapture,
} from './capture.ts';
import { refreshDevices, watchDevices } from './devices.ts';
import type { MediaProblem } from './media-error.ts';

export interface LocalMediaOptions {
  readonly cameraId: string | undefined;
  readonly microphoneId: string | undefined;
  readonly speakerId: string | undefined;
  readonly cameraOn: boolean;
  readonly microphoneOn: boolean;
  /** Pixels; 0 means that no camera is to be opened at all. */
  readonly videoHeight: number | undefined;
  /** False means that no microphone is to be opened at all. */
  readonly audio: boolean;
}

export class LocalMedia {
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly microphone = signal<MediaStreamTrack | null>(null);
  readonly screen = signal<ScreenCapture | null>(null);
  readonly muted = signal(false);
  readonly cameraProblem = signal<MediaProblem | undefined>(undefined);
  readonly microphoneProblem = signal<MediaProblem | undefined>(undefined);
  /** The browser's permission question is open. */
  readonly asking = signal(false);
  /** A device that was in use and is gone. */
  readonly lost = signal<'camera' | 'microphone' | undefined>(undefined);
  /** The system or a switch on the device lets no sound through, whatever the page does. */
  readonly hushed = signal(false);
  readonly cameraId = signal<string | undefined>(undefined);
  readonly microphoneId = signal<string | undefined>(undefined);
  readonly speakerId = signal<string | undefined>(undefined);
  readonly #videoHeight: number | undefined;
  readonly #audio: boolean;
  #cameraOn: boolean;
  /** Counts openings, so that an answer which comes after `close` is thrown away. */
  #generation = 0;
  #unwatch: (() => void) | undefined;

  constructor(options: LocalMediaOptions) {
    this.cameraId.value = options.cameraId;
    this.microphoneId.value = options.microphoneId;
    this.speakerId.value = options.speakerId;
    this.muted.value = !options.microphoneOn;
    this.#cameraOn = options.cameraOn && options.videoHeight !== 0;
    this.#videoHeight = options.videoHeight === 0 ? undefined : options.videoHeight;
    this.#audio = options.audio;
  }

  /** Whether the camera is to be on, open or not. */
  get cameraWanted(): boolean {
    return this.#cameraOn;
  }

  /** Opens what is wanted and not open yet, with one question of the browser where possible. */
  async open(): Promise<void> {
    this.#unwatch ??= watchDevices(() => this.#devicesChanged());
    const wantCamera = this.#cameraOn && !this.camera.value;
    const wantMicrophone = this.#audio && !this.microphone.value;
    if (this.asking.value || (!wantCamera && !wantMicrophone)) return;
    const generation = this.#generation;
    this.asking.value = true;
    try {
      if (wantCamera && wantMicrophone) {
        const both = await captureBoth(this.#wish(), this.microphoneId.value);
        this.#take('camera', both.camera, generation);
        this.#take('microphone', both.microphone, generation);
      } else if (wantCamera) {
        this.#take('camera', await captureCamera(this.#wish()), generation);
      } else {
        this.#take('microphone', await captureMicrophone(this.microphoneId.value), generation);
      }
      await refreshDevices();
    } finally {
      this.asking.value = false;
    }
  }

  /** Stops everything: no light stays on. */
  close(): void {
    this.#generation += 1;
    this.#unwatch?.();
    this.#unwatch = undefined;
    batch(() => {
      this.#drop('camera');
      this.#drop('microphone');
      this.stopScreen();
      this.cameraProblem.value = undefined;
      this.microphoneProblem.value = undefined;
      this.lost.value = undefined;
    });
  }

  /** Off stops the camera, so that its light goes out. Resolves to whether it is on. */
  async setCamera(on: boolean): Promise<boolean> {
    this.#cameraOn = on;
    if (!on) {
      this.#drop('camera');
      this.cameraProblem.value = undefined;
      return false;
    }
    if (this.camera.value) return true;
    this.#take('camera', await captureCamera(this.#wish()), this.#generation);
    await refreshDevices();
    return this.camera.value !== null;
  }

  /** Muting keeps the device open, so that speaking again takes no time. Opens it when there is none yet. */
  async setMuted(muted: boolean): Promise<void> {
    this.muted.value = muted;
    const track = this.microphone.value;
    if (track) track.enabled = !muted;
    else if (!muted) {
      this.#take('microphone', await captureMicrophone(this.microphoneId.value), this.#generation);
      await refreshDevices();
    }
  }

  async chooseCamera(id: string | undefined): Promise<void> {
    this.cameraId.value = id;
    if (!this.#cameraOn) return;
    // Phones hold one camera at a time: the old one must be free before the new one opens.
    this.camera.value?.stop();
    this.#take('camera', await captureCamera(this.#wish()), this.#generation);
  }

  async chooseMicrophone(id: string | undefined): Promise<void> {
    this.microphoneId.value = id;
    this.#take('microphone', await captureMicrophone(id), this.#generation);
  }

  /** Resolves to whether something is shared now. */
  async startScreen(): Promise<boolean> {
    const screen = await captureScreen();
    if (!screen) return false;
    this.stopScreen();
    this.screen.value = screen;
    // The browser's own "Stop sharing" bar ends the track.
    screen.video.addEventListener('ended', () => {
      if (this.screen.value === screen) this.stopScreen();
    });
    return true;
  }

  stopScreen(): void {
    this.screen.value?.video.stop();
    this.screen.value?.audio?.stop();
    this.screen.value = null;
  }

  #wish(): { deviceId: string | undefined; height: number | undefined } {
    return { deviceId: this.cameraId.value, height: this.#videoHeight };
  }

  #take(kind: 'camera' | 'microphone', captured: Captured, generation: number): void {
    const problem = kind === 'camera' ? this.cameraProblem : this.microphoneProblem;
    if (generation !== this.#generation || (kind === 'camera' && !this.#cameraOn)) {
      if (captured.ok) captured.track.stop();
      return;
    }
    const before = this[kind].value;
    if (!captured.ok) {
      this.#drop(kind);
      problem.value = captured.problem;
      return;
    }
    const { track } = captured;
    if (kind === 'microphone') this.#prepareMicrophone(track);
    track.addEventListener('ended', () => this.#ended(kind, track));
    // One step from the old to the new track: the others see no moment without one.
    batch(() => {
      problem.value = undefined;
      if (this.lost.value === kind) this.lost.value = undefined;
      this[kind].value = track;
    });
    before?.stop();
  }

  /** Media Capture and Streams §4.3.1: `muted` is the source's, `enabled` is ours. */
  #prepareMicrophone(track: MediaStreamTrack): void {
    track.enabled = !this.muted.value;
    this.hushed.value = track.muted;
    const follow = (): void => {
      if (this.microphone.value === track) this.hushed.value = track.muted;
    };
    track.addEventListener('mute', follow);
    track.addEventListener('unmute', follow);
  }

  #drop(kind: 'camera' | 'microphone'): void {
    this[kind].value?.stop();
    this[kind].value = null;
  }

  /** Unplugged, or the permission was taken back. Our own `stop()` fires no `ended`. */
  #ended(kind: 'camera' | 'microphone', track: MediaStreamTrack): void {
    if (this[kind].value !== track) return;
    batch(() => {
      this[kind].value = null;
      this.lost.value = kind;
    });
  }

  /** What was missing or lost may be there now. Never asks a person who said no. */
  #devicesChanged(): void {
    const again = (problem: MediaProblem | undefined): boolean =>
      problem === 'missing' || problem === 'constraint';
    if (this.lost.value || again(this.cameraProblem.value) || again(this.microphoneProblem.value)) {
      void this.open();
    }
  }
}

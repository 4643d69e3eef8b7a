/** Opens one camera, one microphone or one screen with the constraints that a call wants. Keeps nothing. */
import { mediaDevices } from './devices.ts';
import { type MediaProblem, mediaProblemOf } from './media-error.ts';

export type Captured =
  | { readonly ok: true; readonly track: MediaStreamTrack }
  | { readonly ok: false; readonly problem: MediaProblem };

/** A speaking person in a tile does not need more; the browser may give less. */
const DEFAULT_HEIGHT = 720;
const FRAMES_PER_SECOND = 30;

export interface CameraWish {
  readonly deviceId: string | undefined;
  /** Pixels. */
  readonly height: number | undefined;
}

function cameraConstraints(wish: CameraWish): MediaTrackConstraints {
  const height = wish.height ?? DEFAULT_HEIGHT;
  return {
    height: { ideal: height },
    width: { ideal: Math.round((height * 16) / 9) },
    frameRate: { ideal: FRAMES_PER_SECOND },
    ...(wish.deviceId === undefined
      ? { facingMode: { ideal: 'user' } }
      : { deviceId: { exact: wish.deviceId } }),
  };
}

function microphoneConstraints(deviceId: string | undefined): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(deviceId === undefined ? {} : { deviceId: { exact: deviceId } }),
  };
}

/** Asks the browser once. A device that is gone is asked for again without its id. */
async function capture(
  constraints: MediaStreamConstraints,
  loose: MediaStreamConstraints,
): Promise<MediaStream> {
  const from = mediaDevices();
  if (!from) throw new DOMException('no secure context', 'SecurityError');
  try {
    return await from.getUserMedia(constraints);
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name !== 'OverconstrainedError' && name !== 'NotFoundError') throw error;
    return from.getUserMedia(loose);
  }
}

const failed = (error: unknown): Captured => ({
  ok: false,
  problem: mediaProblemOf(error, window.isSecureContext && mediaDevices() !== undefined),
});

const first = (tracks: readonly MediaStreamTrack[]): Captured => {
  const [track] = tracks;
  return track ? { ok: true, track } : { ok: false, problem: 'missing' };
};

export async function captureCamera(wish: CameraWish): Promise<Captured> {
  try {
    const loose = { video: cameraConstraints({ ...wish, deviceId: undefined }) };
    const stream = await capture({ video: cameraConstraints(wish) }, loose);
    return first(stream.getVideoTracks());
  } catch (error) {
    return failed(error);
  }
}

export async function captureMicrophone(deviceId: string | undefined): Promise<Captured> {
  try {
    const loose = { audio: microphoneConstraints(undefined) };
    const stream = await capture({ audio: microphoneConstraints(deviceId) }, loose);
    return first(stream.getAudioTracks());
  } catch (error) {
    return failed(error);
  }
}

/**
 * Both with one question of the browser. When that fails, each by itself, so that a missing camera does not cost
 * the microphone.
 */
export async function captureBoth(
  wish: CameraWish,
  microphoneId: string | undefined,
): Promise<{ readonly camera: Captured; readonly microphone: Captured }> {
  try {
    const stream = await capture(
      { video: cameraConstraints(wish), audio: microphoneConstraints(microphoneId) },
      { video: cameraConstraints({ ...wish, deviceId: undefined }), audio: microphoneConstraints(undefined) },
    );
    return { camera: first(stream.getVideoTracks()), microphone: first(stream.getAudioTracks()) };
  } catch (error) {
    const denied = failed(error);
    // A refusal was said to both: asking again would only nag.
    if (!denied.ok && (denied.problem === 'insecure' || denied.problem === 'denied')) {
      return { camera: denied, microphone: await captureIfGranted(microphoneId, denied) };
    }
    return { microphone: await captureMicrophone(microphoneId), camera: await captureCamera(wish) };
  }
}

/** After a refusal of both together one of them may still be allowed: only then ask for it alone. */
async function captureIfGranted(deviceId: string | undefined, otherwise: Captured): Promise<Captured> {
  try {
    const status = await navigator.permissions.query({ name: 'microphone' as PermissionName });
    return status.state === 'granted' ? await captureMicrophone(deviceId) : otherwise;
  } catch {
    return otherwise; // This browser does not tell about microphones (Firefox before 131).
  }
}

export const canShareScreen = (): boolean => typeof mediaDevices()?.getDisplayMedia === 'function';

export interface ScreenCapture {
  readonly video: MediaStreamTrack;
  /** The sound of the tab or system, where the browser and the person allow it. */
  readonly audio: MediaStreamTrack | undefined;
}

/** `undefined` when the person closed the browser's picker: that is an answer, not a fault. */
export async function captureScreen(): Promise<ScreenCapture | undefined> {
  const options: DisplayMediaStreamOptions & {
    readonly systemAudio: string;
    readonly selfBrowserSurface: string;
  } = {
    video: { frameRate: { ideal: FRAMES_PER_SECOND } },
    // Sound of a tab is music or speech of others: processing made for a voice would spoil it.
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    systemAudio: 'include',
    selfBrowserSurface: 'exclude',
  };
  try {
    const stream = await mediaDevices()?.getDisplayMedia(options);
    const [video] = stream?.getVideoTracks() ?? [];
    if (!video) return undefined;
    video.contentHint = 'detail';
    return { video, audio: stream?.getAudioTracks()[0] };
  } catch {
    return undefined; // NotAllowedError: closed, or forbidden by the system; the picker itself has said so.
  }
}

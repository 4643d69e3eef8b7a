/** The cameras, microphones and speakers of this machine, kept up to date. Opens none of them. */
import { type ReadonlySignal, signal } from '@preact/signals';

export interface DeviceLists {
  readonly cameras: readonly MediaDeviceInfo[];
  readonly microphones: readonly MediaDeviceInfo[];
  readonly speakers: readonly MediaDeviceInfo[];
}

const NONE: DeviceLists = { cameras: [], microphones: [], speakers: [] };

/** Before a permission is given, browsers list devices without id and label: those say only "there is one". */
export function sortDevices(found: readonly MediaDeviceInfo[]): DeviceLists {
  const named = found.filter((device) => device.deviceId !== '');
  return {
    cameras: named.filter((device) => device.kind === 'videoinput'),
    microphones: named.filter((device) => device.kind === 'audioinput'),
    speakers: named.filter((device) => device.kind === 'audiooutput'),
  };
}

const lists = signal<DeviceLists>(NONE);
export const devices: ReadonlySignal<DeviceLists> = lists;

/** `undefined` outside a secure context, in spite of its type. */
export const mediaDevices = (): MediaDevices | undefined =>
  navigator.mediaDevices as MediaDevices | undefined;

/** Reads the list anew; labels appear only after a permission, so call it after each capture too. */
export async function refreshDevices(): Promise<void> {
  const found = await mediaDevices()?.enumerateDevices();
  if (found) lists.value = sortDevices(found);
}

/** Follows plugging and unplugging; `changed` runs after the list is new. Returns the way to stop. */
export function watchDevices(changed: () => void): () => void {
  const listen = (): void => {
    void refreshDevices().then(changed);
  };
  mediaDevices()?.addEventListener('devicechange', listen);
  return () => mediaDevices()?.removeEventListener('devicechange', listen);
}

/** Whether this browser lets a page choose where sound comes out. Safari before 18.4 and all of iOS do not. */
export const canChooseSpeaker = (): boolean => 'setSinkId' in HTMLMediaElement.prototype;

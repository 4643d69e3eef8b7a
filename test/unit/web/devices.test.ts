/** Lists of devices, and how loud a microphone is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortDevices } from '../../../web/src/media/devices.ts';
import { levelOf } from '../../../web/src/media/level-meter.ts';

const device = (kind: MediaDeviceKind, deviceId: string) =>
  ({ kind, deviceId, label: '' }) as MediaDeviceInfo;

test('devices are sorted by kind; those without a name say only that a permission is missing', () => {
  const { cameras, microphones, speakers } = sortDevices([
    device('audioinput', 'a'),
    device('videoinput', ''),
    device('audiooutput', 'b'),
    device('audioinput', 'c'),
  ]);
  assert.deepEqual(
    [cameras.length, microphones.map((one) => one.deviceId), speakers.length],
    [0, ['a', 'c'], 1],
  );
});

test('silence is 0, a loud voice is 1, and louder is never less', () => {
  const tone = (amplitude: number) =>
    levelOf(Float32Array.from({ length: 512 }, (_, index) => amplitude * Math.sin(index / 8)));
  assert.equal(tone(0), 0);
  assert.equal(tone(1), 1);
  assert.ok(tone(0.01) > 0 && tone(0.01) < tone(0.1));
});

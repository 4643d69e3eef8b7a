/** What the buttons of a call do, seen from the other side: mute, camera, devices, resolution, codec, view. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertReceives, assertSeesAndHears } from '../support/browser/judge.ts';
import type { Person } from '../support/browser/people.ts';
import { stage } from '../support/browser/stage.ts';
import { createRoom } from '../support/raw-client.ts';

/** Of Chromium's fake cameras the second gives depth pictures, which no call can send; the third is a camera again. */
const set = stage({ browserArgs: ['--use-fake-device-for-media-stream=device-count=3'] });

async function two(query: string, eves = 'video=180p'): Promise<readonly [Person, Person]> {
  const room = await createRoom(set.server);
  const alice = await set.join(room, { name: 'Alice', query });
  const eve = await set.join(room, { name: 'Eve', query: eves });
  await assertSeesAndHears(eve.page);
  return [alice, eve];
}

interface Incoming {
  readonly codec: string;
  readonly height: number;
}

/** What a page decodes of its one incoming video. */
function incoming(page: Page): Promise<Incoming> {
  return page.evaluate(async () => {
    const [pc] = window.recordedPeerConnections;
    const stats = [...((await pc?.getStats())?.values() ?? [])];
    const video = stats.find((one) => one.type === 'inbound-rtp' && one.kind === 'video');
    const codec = stats.find((one) => one.id === video?.codecId);
    return { codec: String(codec?.mimeType), height: Number(video?.frameHeight) };
  });
}

/** Waits until the incoming video is as wanted. */
async function until(page: Page, right: (video: Incoming) => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const video = await incoming(page);
    if (right(video)) return;
    assert.ok(Date.now() < deadline, `still ${JSON.stringify(video)}`);
    await page.waitForTimeout(500);
  }
}

const descriptions = (page: Page): Promise<readonly (string | undefined)[]> =>
  page.evaluate(() => window.recordedPeerConnections.map((pc) => pc.currentLocalDescription?.sdp));

async function openMore({ page }: Person): Promise<void> {
  await page.locator('[data-control=more]').click();
  await page.locator('[data-drawer=more]').waitFor();
}

test('who mutes is not heard, who stops the camera is not seen, and both come back', async () => {
  const [alice, eve] = await two('video=180p');
  await alice.page.getByRole('button', { name: 'Mute mic' }).click();
  await eve.page.locator('.tile').getByRole('img', { name: 'Muted' }).waitFor();
  const silence = await eve.page.evaluate(async () => {
    const energy = async (): Promise<number> => {
      const stats = [...((await window.recordedPeerConnections[0]?.getStats())?.values() ?? [])];
      return stats.find((one) => one.type === 'inbound-rtp' && one.kind === 'audio')?.totalAudioEnergy ?? 0;
    };
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = await energy();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    return (await energy()) - before;
  });
  assert.ok(silence < 1e-7, `energy ${silence} while muted`);

  await alice.page.getByRole('button', { name: 'Turn camera off' }).click();
  await eve.page.locator('.tile .initial').waitFor();
  await alice.page.getByRole('button', { name: 'Unmute mic' }).click();
  await assertReceives(eve.page, { videos: 0, sounds: 1 });
  await alice.page.getByRole('button', { name: 'Turn camera on' }).click();
  await assertSeesAndHears(eve.page);
});

test('another camera and microphone are taken without a new negotiation', async () => {
  const [alice, eve] = await two('video=180p');
  const before = await descriptions(alice.page);
  await openMore(alice);
  const drawer = alice.page.locator('.drawer');
  const first = await drawer.getByLabel('Camera').inputValue();
  await drawer.getByLabel('Camera').selectOption({ index: 2 });
  await drawer.getByLabel('Microphone', { exact: true }).selectOption({ index: 1 });
  await alice.page.waitForFunction(
    (id) => Reflect.get(window, 'ieum').media.camera.value?.getSettings().deviceId !== id,
    first,
  );
  assert.notEqual(await drawer.getByLabel('Camera').inputValue(), first);
  await assertSeesAndHears(eve.page);
  assert.deepEqual(await descriptions(alice.page), before);
});

test('the resolution and the codec that one chooses are what the other decodes', async () => {
  const [alice, eve] = await two('video=720p');
  await openMore(alice);
  const drawer = alice.page.locator('.drawer');
  await drawer.getByLabel('Resolution to send').selectOption('180');
  await until(eve.page, ({ height }) => height > 0 && height <= 180);

  await drawer.getByLabel('Video codec').selectOption('VP9');
  await until(eve.page, ({ codec }) => codec === 'video/VP9');
  await assertSeesAndHears(eve.page);
  await drawer.getByLabel('Resolution to send').selectOption('');
  await until(eve.page, ({ height }) => height > 180);
});

test('the codec and resolution of the address are used from the start', async () => {
  const [, eve] = await two('video=360p&codec=VP9', 'video=180p&codec=VP9');
  await until(eve.page, ({ codec, height }) => codec === 'video/VP9' && height > 0 && height <= 360);
});

test('full screen and picture in picture', async () => {
  const [alice] = await two('video=180p');
  await openMore(alice);
  await alice.page.getByRole('button', { name: 'Full screen' }).click();
  await alice.page.getByRole('button', { name: 'Leave full screen' }).click();
  await alice.page.getByRole('button', { name: 'Full screen', exact: true }).waitFor();
  await alice.page.getByRole('button', { name: 'Picture in picture' }).click();
  await alice.page.waitForFunction(() => document.pictureInPictureElement?.closest('.tile') !== undefined);
  assert.ok(await alice.page.evaluate(() => document.pictureInPictureElement !== null));
});

/** The judge of all other call tests: sees what is there, and notices a frozen picture, silence, and a black tile. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium, type RunningBrowser } from '../support/browser/chromium.ts';
import { assertSeesAndHears, progress, reception, selectedPairs } from '../support/browser/judge.ts';
import { openPerson, type Person, servePage } from '../support/browser/people.ts';

const URL = 'https://judge.test/';

let chromium: RunningBrowser;
let person: Person;

before(async () => {
  chromium = await launchChromium();
  person = await openPerson(chromium.browser, { name: 'judge' });
  await servePage(person, URL, '<video id="remote" autoplay playsinline></video>');
  await person.page.goto(URL);
  await person.page.evaluate(callWithin);
});
after(() => chromium.close());

/** Both sides of a call in one page. */
async function callWithin(): Promise<void> {
  const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
  a.onicecandidate = ({ candidate }) => void b.addIceCandidate(candidate ?? undefined);
  b.onicecandidate = ({ candidate }) => void a.addIceCandidate(candidate ?? undefined);
  b.ontrack = ({ streams: [stream] }) => {
    const video = document.querySelector('video');
    if (video && stream) video.srcObject = stream;
  };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  for (const track of stream.getTracks()) a.addTrack(track, stream);
  await a.setLocalDescription();
  await b.setRemoteDescription(a.localDescription as RTCSessionDescriptionInit);
  await b.setLocalDescription();
  await a.setRemoteDescription(b.localDescription as RTCSessionDescriptionInit);
}

async function lookTwice(): Promise<ReturnType<typeof progress>> {
  const first = await reception(person.page);
  await person.page.waitForTimeout(1300);
  return progress(first, await reception(person.page));
}

/** Looks until `fits` holds: what was on its way when something was switched off takes some time to run out. */
async function lookUntil(fits: (now: ReturnType<typeof progress>) => boolean): Promise<void> {
  for (let look = 0; look < 8; look += 1) if (fits(await lookTwice())) return;
  assert.fail('the judge has not noticed');
}

async function enable(kind: 'audio' | 'video', enabled: boolean): Promise<void> {
  await person.page.evaluate(
    ([which, on]) => {
      for (const sender of window.recordedPeerConnections[0]?.getSenders() ?? []) {
        if (sender.track?.kind === which) sender.track.enabled = on === 'on';
      }
    },
    [kind, enabled ? 'on' : 'off'] as const,
  );
}

test('sees moving pictures and hears sound', async () => {
  await assertSeesAndHears(person.page);
  const [pair] = await selectedPairs(person.page);
  assert.equal(pair?.localType, 'host');
  assert.deepEqual(person.complaints, []);
});

test('notices silence', async () => {
  await enable('audio', false);
  await lookUntil(({ videos, sounds }) => videos === 1 && sounds === 0);
  await enable('audio', true);
});

test('notices a black picture, though frames are decoded', async () => {
  await enable('video', false);
  await lookUntil(({ pictures }) => pictures === 0);
  await enable('video', true);
});

test('notices a picture that is received but not shown', async () => {
  await person.page.evaluate(() => document.querySelector('video')?.pause());
  await lookUntil(({ videos, pictures }) => videos === 1 && pictures === 0);
  await person.page.evaluate(() => document.querySelector('video')?.play());
  await assertSeesAndHears(person.page);
});

test('notices that nothing comes any more', async () => {
  await person.page.evaluate(() => window.recordedPeerConnections[0]?.close());
  await lookUntil(({ videos, sounds, pictures }) => videos + sounds + pictures === 0);
});

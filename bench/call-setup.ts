/**
 * How long somebody waits: from pressing "Join the call" to the first decoded frame of the person inside, in a real
 * browser, per way through the network. `npm run bench:call-setup [-- RUNS]`. Prints one table.
 */
import type { Page } from 'playwright-core';
import { launchChromium } from '../test/support/browser/chromium.ts';
import { openPerson } from '../test/support/browser/people.ts';
import { inRoom, linkTo } from '../test/support/browser/stage.ts';
import { createRoom } from '../test/support/raw-client.ts';
import { startServerProcess } from '../test/support/server-process.ts';

/** Milliseconds after the press. */
interface SetUp {
  readonly connectionMade: number;
  readonly described: number;
  readonly iceConnected: number;
  readonly connected: number;
  readonly firstFrame: number;
}

const WAYS = [
  { name: 'host', query: '' },
  { name: 'relay UDP', query: 'ice=relay&transport=udp' },
  { name: 'relay TCP', query: 'ice=relay&transport=tcp' },
  { name: 'relay TLS', query: 'ice=relay&transport=tls' },
] as const;

/** The first calls warm the browser's code up; they are made and not counted. */
const WARM_UP_RUNS = 2;
/** A call that is not there by then counts as failed, and fails the benchmark. */
const GIVE_UP_MS = 15_000;

/** Presses Join in the page and waits for the first frame of a video that came through a peer connection. */
function pressAndWait(page: Page): Promise<SetUp> {
  return page.evaluate(async (giveUpMs) => {
    const button = [...document.querySelectorAll('button')].find(
      (candidate) => candidate.textContent?.trim() === 'Join the call',
    );
    if (!button) throw new Error('There is no button "Join the call".');
    const times: Record<string, number> = {};
    const startedAt = performance.now();
    const mark = (name: string): void => {
      times[name] ??= performance.now() - startedAt;
    };
    button.click();
    const watched = new Set<RTCPeerConnection>();
    const watch = (pc: RTCPeerConnection): void => {
      watched.add(pc);
      mark('connectionMade');
      const look = (): void => {
        if (pc.currentRemoteDescription) mark('described');
        if (['connected', 'completed'].includes(pc.iceConnectionState)) mark('iceConnected');
        if (pc.connectionState === 'connected') mark('connected');
      };
      for (const type of ['signalingstatechange', 'iceconnectionstatechange', 'connectionstatechange']) {
        pc.addEventListener(type, look);
      }
      look();
    };
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no frame after ${giveUpMs} ms`)), giveUpMs);
      const seen = new Set<HTMLVideoElement>();
      const look = (): void => {
        for (const pc of window.recordedPeerConnections) if (!watched.has(pc)) watch(pc);
        const remote = new Set([...watched].flatMap((pc) => pc.getReceivers().map(({ track }) => track)));
        for (const video of document.querySelectorAll('video')) {
          const [track] = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
          if (!track || !remote.has(track) || seen.has(video)) continue;
          seen.add(video);
          video.requestVideoFrameCallback(() => {
            mark('firstFrame');
            clearTimeout(timer);
            resolve();
          });
        }
        if (times.firstFrame === undefined) setTimeout(look, 2);
      };
      look();
    });
    const at = (name: string): number => times[name] ?? Number.NaN;
    return {
      connectionMade: at('connectionMade'),
      described: at('described'),
      iceConnected: at('iceConnected'),
      connected: at('connected'),
      firstFrame: at('firstFrame'),
    };
  }, GIVE_UP_MS);
}

/** The value that `share` (0 … 1) of the values do not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const ms = (value: number): string => value.toFixed(0).padStart(7);

const runs = Number(process.argv[2] ?? 20);
const server = await startServerProcess();
const chromium = await launchChromium({ ca: server.ca });
try {
  process.stdout.write(
    '             |    p50     p95 | p50 after the press: peer connection, described, ICE connected, DTLS connected\n',
  );
  for (const { name, query } of WAYS) {
    const room = await createRoom(server);
    const inside = await openPerson(chromium.browser, { name: 'Inside' });
    await inside.page.goto(linkTo(server, room, 'Inside', query));
    await inRoom(inside);
    const setUps: SetUp[] = [];
    for (let run = -WARM_UP_RUNS; run < runs; run += 1) {
      const comer = await openPerson(chromium.browser, { name: 'Comer' });
      await comer.page.goto(linkTo(server, room, 'Comer', query).replace('&join=1', ''));
      // Somebody who has looked at the preview: the camera is open when they press.
      await comer.page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
      await comer.page.waitForTimeout(300);
      const setUp = await pressAndWait(comer.page);
      if (run >= 0) setUps.push(setUp);
      await comer.page.getByRole('button', { name: 'Leave', exact: true }).click();
      await comer.context.close();
    }
    await inside.context.close();
    const of = (key: keyof SetUp, share: number): string =>
      ms(
        percentile(
          setUps.map((setUp) => setUp[key]),
          share,
        ),
      );
    process.stdout.write(
      `${name.padEnd(12)} |${of('firstFrame', 0.5)} ${of('firstFrame', 0.95)} |` +
        `${of('connectionMade', 0.5)} ${of('described', 0.5)} ${of('iceConnected', 0.5)} ${of('connected', 0.5)}\n`,
    );
  }
  process.stdout.write(
    `milliseconds from "Join the call" to the first decoded remote frame, ${runs} calls each\n`,
  );
} finally {
  await chromium.close();
  await server.stop();
}

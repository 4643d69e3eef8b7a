/**
 * Whether somebody really sees and hears somebody: decoded frames that advance and reach a playing <video> whose
 * pixels change, and audio energy at the receiving side. Believes no state flag.
 */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

/** What one page received, in totals since each connection began. */
export interface Reception {
  /** Decoded frames of each incoming video. */
  readonly frames: Readonly<Record<string, number>>;
  /** Energy of each incoming audio (RTCInboundRtpStreamStats.totalAudioEnergy). */
  readonly energy: Readonly<Record<string, number>>;
  /** A digest of the pixels that each playing remote <video> shows now. */
  readonly pictures: Readonly<Record<string, string>>;
}

/** The pair that media takes; RTCIceCandidatePairStats and its candidates. */
export interface SelectedPair {
  readonly localType: string;
  readonly remoteType: string;
  readonly protocol: string;
  readonly relayProtocol: string | undefined;
  readonly local: string;
  readonly remote: string;
}

export async function reception(page: Page): Promise<Reception> {
  return page.evaluate(async () => {
    const frames: Record<string, number> = {};
    const energy: Record<string, number> = {};
    const pictures: Record<string, string> = {};
    const remote = new Set<MediaStreamTrack>();
    for (const [index, pc] of window.recordedPeerConnections.entries()) {
      if (pc.connectionState === 'closed') continue;
      for (const receiver of pc.getReceivers()) remote.add(receiver.track);
      for (const stats of (await pc.getStats()).values()) {
        if (stats.type !== 'inbound-rtp') continue;
        if (stats.kind === 'video') frames[`${index}/${stats.ssrc}`] = stats.framesDecoded ?? 0;
        else energy[`${index}/${stats.ssrc}`] = stats.totalAudioEnergy ?? 0;
      }
    }
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    for (const video of document.querySelectorAll('video')) {
      const [track] = video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks() : [];
      if (!track || !remote.has(track) || video.paused || video.readyState < 2 || !context) continue;
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      let digest = 0;
      for (const byte of context.getImageData(0, 0, canvas.width, canvas.height).data) {
        digest = (Math.imul(digest, 31) + byte) | 0;
      }
      pictures[track.id] = String(digest);
    }
    return { frames, energy, pictures };
  });
}

/** How many videos and sounds progressed between two looks. */
export function progress(
  before: Reception,
  after: Reception,
): { readonly videos: number; readonly sounds: number; readonly pictures: number } {
  const grown = (
    a: Readonly<Record<string, number>>,
    b: Readonly<Record<string, number>>,
    by: number,
  ): number => Object.entries(b).filter(([key, value]) => value - (a[key] ?? value) >= by).length;
  return {
    videos: grown(before.frames, after.frames, 3),
    sounds: grown(before.energy, after.energy, 1e-7),
    pictures: Object.entries(after.pictures).filter(
      ([key, digest]) => key in before.pictures && before.pictures[key] !== digest,
    ).length,
  };
}

/** What to wait for at one page. */
export interface Expectation {
  /** Videos that must be decoded and be seen to move. */
  readonly videos: number;
  /** Sounds that must carry energy. */
  readonly sounds: number;
  readonly withinMs?: number;
}

/** The fake microphone beeps once a second: a look shorter than that may hear nothing. */
const LOOK_MS = 1300;

/** Resolves when the page sees and hears as expected; fails with what it received instead. */
export async function assertReceives(page: Page, expected: Expectation): Promise<void> {
  const deadline = Date.now() + (expected.withinMs ?? 20_000);
  let before = await reception(page);
  for (;;) {
    await page.waitForTimeout(LOOK_MS);
    const after = await reception(page);
    const now = progress(before, after);
    if (now.videos >= expected.videos && now.pictures >= expected.videos && now.sounds >= expected.sounds) {
      return;
    }
    if (Date.now() > deadline) {
      assert.fail(
        `expected ${JSON.stringify(expected)}, progressed ${JSON.stringify(now)}\n` +
          `before ${JSON.stringify(before)}\nafter ${JSON.stringify(after)}\n${await describeConnections(page)}`,
      );
    }
    before = after;
  }
}

/** The page sees and hears `people` others, each with a camera and a microphone. */
export function assertSeesAndHears(page: Page, people = 1, withinMs?: number): Promise<void> {
  return assertReceives(page, {
    videos: people,
    sounds: people,
    ...(withinMs === undefined ? {} : { withinMs }),
  });
}

/** Everybody sees and hears all the others; looks at all pages at the same time. */
export async function allSeeAndHear(people: readonly { readonly page: Page }[]): Promise<void> {
  await Promise.all(people.map(({ page }) => assertSeesAndHears(page, people.length - 1)));
}

/** The selected pair of every connected peer connection. */
export async function selectedPairs(page: Page): Promise<readonly SelectedPair[]> {
  return page.evaluate(async () => {
    const pairs = [];
    for (const pc of window.recordedPeerConnections) {
      if (pc.connectionState === 'closed') continue;
      const stats = await pc.getStats();
      for (const transport of stats.values()) {
        if (transport.type !== 'transport') continue;
        const pair = stats.get(transport.selectedCandidatePairId);
        const local = stats.get(pair?.localCandidateId);
        const remote = stats.get(pair?.remoteCandidateId);
        if (!local || !remote) continue;
        pairs.push({
          localType: String(local.candidateType),
          remoteType: String(remote.candidateType),
          protocol: String(local.protocol),
          relayProtocol: local.relayProtocol === undefined ? undefined : String(local.relayProtocol),
          local: `${local.address}:${local.port}`,
          remote: `${remote.address}:${remote.port}`,
        });
      }
    }
    return pairs;
  });
}

/** For the message of a failing test. */
function describeConnections(page: Page): Promise<string> {
  return page.evaluate(() =>
    window.recordedPeerConnections
      .map(
        (pc, index) =>
          `pc ${index}: ${pc.connectionState}, ice ${pc.iceConnectionState}, ${pc.signalingState}, ` +
          `videos ${[...document.querySelectorAll('video')].map((video) => `${video.readyState}${video.paused ? ' paused' : ''}`)}`,
      )
      .join('\n'),
  );
}

/** Watches decoded frames; `stop` returns the longest time without a new one, in milliseconds. */
export async function watchFrameGap(page: Page): Promise<{ stop(): Promise<number> }> {
  const handle = await page.evaluateHandle(() => {
    // An overloaded machine may not even look for a while: what nobody looked at is no proof that frames stopped.
    const mostBetweenLooks = 250;
    let longest = 0;
    let gap = 0;
    let lastFrames = -1;
    let lastLook = performance.now();
    let on = true;
    const look = async (): Promise<void> => {
      let frames = 0;
      for (const pc of window.recordedPeerConnections) {
        for (const stats of (await pc.getStats()).values()) {
          if (stats.type === 'inbound-rtp' && stats.kind === 'video') frames += stats.framesDecoded ?? 0;
        }
      }
      const now = performance.now();
      gap += Math.min(now - lastLook, mostBetweenLooks);
      lastLook = now;
      longest = Math.max(longest, gap);
      if (frames !== lastFrames) gap = 0;
      lastFrames = frames;
      if (on) setTimeout(look, 50);
    };
    const first = look();
    return {
      stop: async () => {
        await first;
        on = false;
        return longest;
      },
    };
  });
  return {
    async stop() {
      const longest = await handle.evaluate((watch) => watch.stop());
      await handle.dispose();
      return longest;
    },
  };
}

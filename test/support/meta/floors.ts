/** The house: which folder is on which floor. ARCHITECTURE.md, "One package, folders as floors". */

export const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  stun: 1,
  sdp: 1,
  rtp: 1,
  signaling: 1,
  srtp: 2,
  dtls: 2,
  sctp: 2,
  turn: 2,
  ice: 3,
  datachannel: 3,
  peer: 4,
  webrtc: 5,
  client: 5,
  node: 6,
  vnet: 6,
  server: 7,
  cli: 8,
  web: 8,
};

/** Doors besides the one of each folder: whoever wants only the relay should not load a peer. */
export const FURTHER_DOORS: Readonly<Record<string, string>> = {
  './webrtc': 'src/node/webrtc/index.ts',
  './webrtc/polyfill': 'src/node/webrtc/polyfill.ts',
};

/** Floors up to here own no clock, socket, timer, random source or global. */
const HIGHEST_PURE_FLOOR = 4;

/** A shell without anything under it: the page runs it too. */
const PURE_SHELL = 'vnet';

export function isPure(path: string): boolean {
  const floor = floorOf(path);
  return folderOf(path) === PURE_SHELL || (floor !== undefined && floor <= HIGHEST_PURE_FLOOR);
}

/** What the pure floors and the client may import besides their own house: nothing but the schema library. */
export const PACKAGES_BELOW_THE_SHELLS: readonly string[] = ['valibot'];

/** The folder that `path` belongs to: `stun` for `src/stun/x.ts`, `web` for `web/src/x.ts`. */
export function folderOf(path: string): string | undefined {
  return path.startsWith('web/') ? 'web' : /^src\/([^/]+)\//.exec(path)?.[1];
}

export function floorOf(path: string): number | undefined {
  const folder = folderOf(path);
  return folder === undefined ? undefined : FLOORS[folder];
}

/** What the address asks for, for tests and diagnosis. Unknown values are as if they were not there. */
import type { IcePolicy, RelayTransport } from '../../../src/client/index.ts';

export interface PageParameters {
  /** `?ice=relay` keeps only relayed candidates. */
  readonly ice: IcePolicy;
  /** `?transport=udp|tcp|tls`: the way to the relay; `tls` is turns:. */
  readonly transport: RelayTransport | undefined;
  /** `?codec=VP9`, moved to the front of the offer. */
  readonly codec: string | undefined;
  /** `?video=720p`: height in pixels to ask of the camera; `?video=0`: 0, no camera. */
  readonly videoHeight: number | undefined;
  /** `?audio=0`: false, no microphone. */
  readonly audio: boolean;
  readonly name: string | undefined;
  readonly language: 'ko' | 'en' | undefined;
  /** `?join=1`: press Join by itself. Honoured only in a browser that says it is under automation. */
  readonly join: boolean;
}

const oneOf = <Value extends string>(text: string | null, values: readonly Value[]): Value | undefined =>
  values.find((value) => value === text);

/** Camera heights that a person may ask for, by name or by number. */
const VIDEO_HEIGHTS = [180, 360, 480, 720, 1080] as const;

function videoHeightOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (text === '0' || text === 'false') return 0;
  const digits = /^(\d{3,4})p?$/.exec(text)?.[1];
  return digits === undefined ? undefined : VIDEO_HEIGHTS.find((height) => height === Number(digits));
}

/**
 * @param search the query part of the address, `location.search`
 * @param automated `navigator.webdriver`: a link alone must never open somebody's camera to a room
 */
export function parseParameters(search: string, automated: boolean): PageParameters {
  const query = new URLSearchParams(search);
  const name = query.get('name')?.trim().slice(0, 64);
  const codec = query.get('codec');
  return {
    ice: oneOf(query.get('ice'), ['relay', 'all']) ?? 'all',
    transport: oneOf(query.get('transport'), ['udp', 'tcp', 'tls']),
    codec: codec !== null && /^[A-Za-z0-9]{2,8}$/.test(codec) ? codec : undefined,
    videoHeight: videoHeightOf(query.get('video')),
    audio: query.get('audio') !== '0' && query.get('audio') !== 'false',
    name: name || undefined,
    language: oneOf(query.get('lang'), ['ko', 'en']),
    join: automated && query.get('join') === '1',
  };
}

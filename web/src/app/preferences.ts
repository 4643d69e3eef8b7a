/** What the page remembers between visits: name, language, devices. Works without storage, then forgets. */

export interface Preferences {
  readonly name: string;
  readonly language: 'ko' | 'en' | undefined;
  readonly cameraId: string | undefined;
  readonly microphoneId: string | undefined;
  readonly speakerId: string | undefined;
  readonly cameraOn: boolean;
  readonly microphoneOn: boolean;
}

const KEY = 'ieum.preferences';

const NOTHING: Preferences = {
  name: '',
  language: undefined,
  cameraId: undefined,
  microphoneId: undefined,
  speakerId: undefined,
  cameraOn: true,
  microphoneOn: true,
};

/** Each field is checked by its type: the text may be of an older page, or edited by hand. */
export function parsePreferences(text: string | null): Preferences {
  let kept: unknown;
  try {
    kept = text === null ? undefined : JSON.parse(text);
  } catch {
    return NOTHING; // Not ours, or cut short: begin anew.
  }
  if (typeof kept !== 'object' || kept === null) return NOTHING;
  const field = (name: string): unknown => Reflect.get(kept, name);
  const short = (name: string): string | undefined => {
    const value = field(name);
    return typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;
  };
  const language = field('language');
  return {
    name: short('name')?.slice(0, 64) ?? '',
    language: language === 'ko' || language === 'en' ? language : undefined,
    cameraId: short('cameraId'),
    microphoneId: short('microphoneId'),
    speakerId: short('speakerId'),
    cameraOn: field('cameraOn') !== false,
    microphoneOn: field('microphoneOn') !== false,
  };
}

function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined; // Blocked by the browser's settings: nothing is remembered.
  }
}

export function readPreferences(): Preferences {
  return parsePreferences(storage()?.getItem(KEY) ?? null);
}

export function keepPreferences(change: Partial<Preferences>): void {
  const next = { ...readPreferences(), ...change };
  try {
    storage()?.setItem(KEY, JSON.stringify(next));
  } catch {
    // A full or forbidden storage costs only the memory of the next visit.
  }
}

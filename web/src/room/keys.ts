/** Which key means what in a call. Pure: reads an event, does nothing. */

export type KeyAction = 'microphone' | 'camera' | 'share' | 'chat' | 'details' | 'help' | 'close' | 'talk';

const BY_LETTER: Readonly<Record<string, KeyAction>> = {
  m: 'microphone',
  v: 'camera',
  s: 'share',
  c: 'chat',
  d: 'details',
  '?': 'help',
};

/** With a Korean layout `key` is a Hangul letter: then the place on the keyboard decides. */
const BY_PLACE: Readonly<Record<string, KeyAction>> = {
  KeyM: 'microphone',
  KeyV: 'camera',
  KeyS: 'share',
  KeyC: 'chat',
  KeyD: 'details',
};

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

export function actionOf(press: KeyPress): KeyAction | undefined {
  if (press.ctrlKey || press.metaKey || press.altKey) return undefined;
  if (press.key === 'Escape') return 'close';
  if (press.code === 'Space') return 'talk';
  const byLetter = BY_LETTER[press.key.toLowerCase()];
  if (byLetter) return byLetter;
  return /^[a-z]$/i.test(press.key) ? undefined : BY_PLACE[press.code];
}

/** Letters are for writing while one writes; Space and Enter belong to the button that has the focus. */
export function isTaken(
  action: KeyAction,
  focus: { readonly tagName: string; readonly role: string | null },
): boolean {
  const writing = ['INPUT', 'TEXTAREA', 'SELECT'].includes(focus.tagName);
  if (action === 'close') return false;
  if (action === 'talk')
    return writing || ['BUTTON', 'A', 'SUMMARY'].includes(focus.tagName) || focus.role !== null;
  return writing;
}

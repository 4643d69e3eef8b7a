/**
 * Names of files that somebody else has chosen, made harmless: no way out of the folder, nothing that a terminal or another
 * system would take for a command, nothing hidden. Looks at no disk.
 */
import { encodeUtf8 } from '../../base/index.ts';

/** Common file systems take 255 bytes; there must be room for ` (99)` and for the ending of an unfinished file. */
const MAX_NAME_BYTES = 200;
const NO_NAME = 'file';
/** Windows opens devices by these names, with whatever ending. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/** Never empty, at most 200 bytes of UTF-8; the ending is kept where there is room for it. */
export function safeFileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .normalize('NFC')
    // Control and format characters, halves of pairs, separators of lines, and what Windows forbids.
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[\s.]+/u, '')
    .replace(/[\s.]+$/u, '');
  const named = plain === '' ? NO_NAME : plain;
  return shortened(DEVICES.test(named) ? `_${named}` : named);
}

/** Each another one, also where upper and lower case are the same: `a.txt`, `a (2).txt`. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name;
    for (let n = 2; taken.has(candidate.toLowerCase()); n++) candidate = numbered(name, n);
    taken.add(candidate.toLowerCase());
    return candidate;
  });
}

/** `a.tar.gz`, 2: `a.tar (2).gz`. */
export function numbered(name: string, n: number): string {
  const { stem, ending } = partsOf(name);
  return `${stem} (${n})${ending}`;
}

function shortened(name: string): string {
  if (encodeUtf8(name).length <= MAX_NAME_BYTES) return name;
  const { stem, ending } = partsOf(name);
  const kept = encodeUtf8(ending).length <= MAX_NAME_BYTES / 4 ? ending : '';
  let start = kept === '' ? [...name] : [...stem];
  while (encodeUtf8(start.join('') + kept).length > MAX_NAME_BYTES) {
    const excess = encodeUtf8(start.join('') + kept).length - MAX_NAME_BYTES;
    start = start.slice(0, start.length - Math.max(1, Math.floor(excess / 4)));
  }
  return (start.join('') + kept).replace(/[\s.]+$/u, '');
}

function partsOf(name: string): { readonly stem: string; readonly ending: string } {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? { stem: name, ending: '' } : { stem: name.slice(0, dot), ending: name.slice(dot) };
}

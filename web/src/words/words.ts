/** The language that is shown now, and how it is chosen. The dictionaries are loaded one at a time. */
import { signal } from '@preact/signals';
import type { Words } from './en.ts';
import type { ErrorCode, ErrorWords } from './error-words.ts';

export type Language = 'ko' | 'en';

/** Set by `speak` before anything is drawn. */
const spoken = signal<{ readonly language: Language; readonly words: Words } | undefined>(undefined);

const dictionaries: Record<Language, () => Promise<Words>> = {
  ko: () => import('./ko.ts').then((module) => module.ko),
  en: () => import('./en.ts').then((module) => module.en),
};

/** Loaded with the first error of a visit: most visits have none. */
const errorDictionaries: Record<Language, () => Promise<ErrorWords>> = {
  ko: () => import('./errors-ko.ts').then((module) => module.errorsKo),
  en: () => import('./errors-en.ts').then((module) => module.errorsEn),
};

const errors = signal<{ readonly language: Language; readonly words: ErrorWords } | undefined>(undefined);

/** The first of the browser's languages that the page speaks; English when there is none. */
export function languageOf(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'ko' || primary === 'en') return primary;
  }
  return 'en';
}

export async function speak(language: Language): Promise<void> {
  const words = await dictionaries[language]();
  document.documentElement.lang = language;
  spoken.value = { language, words };
}

/** Reading this in a component draws it again when the language changes. */
export function words(): Words {
  const now = spoken.value;
  if (!now) throw new Error('speak() comes before words()');
  return now.words;
}

const sentenceOf = ({ known, unknown }: ErrorWords, code: string): string =>
  Object.hasOwn(known, code) ? known[code as ErrorCode] : unknown;

async function loadErrorWords(): Promise<ErrorWords> {
  const now = language();
  const loaded = errors.peek();
  if (loaded?.language === now) return loaded.words;
  const words = await errorDictionaries[now]();
  errors.value = { language: now, words };
  return words;
}

/** The sentence for an error code of the server or of the call; empty for the moment in which it is loaded. */
export function errorWords(code: string): string {
  const loaded = errors.value;
  if (loaded?.language === language()) return sentenceOf(loaded.words, code);
  void loadErrorWords();
  return '';
}

/** The same for those who can wait. */
export async function errorSentence(code: string): Promise<string> {
  return sentenceOf(await loadErrorWords(), code);
}

export const language = (): Language => spoken.value?.language ?? 'en';

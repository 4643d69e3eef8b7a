/** The language that is shown now, and how it is chosen. The dictionaries are loaded one at a time. */
import { signal } from '@preact/signals';
import type { Words } from './en.ts';
import type { ErrorWords } from './error-words.ts';

export type Language = 'ko' | 'en';

/** Set by `speak` before anything is drawn. */
const spoken = signal<{ readonly language: Language; readonly words: Words } | undefined>(undefined);

const dictionaries: Record<Language, () => Promise<Words>> = {
  ko: () => import('./ko.ts').then((module) => module.ko),
  en: () => import('./en.ts').then((module) => module.en),
};

/** Fetched ahead, but after the page stands: the error may be that the server cannot be reached. */
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

/** Gets the sentences for errors of the language that is spoken now. Without a connection it stays as it is. */
export async function fetchErrorWords(): Promise<void> {
  const now = language();
  if (errors.peek()?.language === now) return;
  try {
    errors.value = { language: now, words: await errorDictionaries[now]() };
  } catch {
    // The next error tries again; until then every error has the sentence of an unknown one.
  }
}

/** The sentence for an error code of the server or of the call, also for one that is newer than this page. */
export function errorWords(code: string): string {
  const loaded = errors.value;
  if (loaded?.language !== language()) {
    void fetchErrorWords();
    return words().somethingWrong;
  }
  const sentence: unknown = Reflect.get(loaded.words, code);
  return typeof sentence === 'string' ? sentence : words().somethingWrong;
}

export const language = (): Language => spoken.value?.language ?? 'en';

/** The language that is shown now, and how it is chosen. The dictionaries are loaded one at a time. */
import { signal } from '@preact/signals';
import type { Words } from './en.ts';
import type { ErrorCode } from './error-code.ts';

export type Language = 'ko' | 'en';

export interface Dictionary {
  readonly words: Words;
  readonly errors: Record<ErrorCode, string>;
  /** For a code that is newer than this page. */
  readonly errorUnknown: string;
}

/** Set by `speak` before anything is drawn. */
const spoken = signal<(Dictionary & { readonly language: Language }) | undefined>(undefined);

const dictionaries: Record<Language, () => Promise<Dictionary>> = {
  ko: () => import('./ko.ts').then((module) => module.dictionary),
  en: () => import('./en.ts').then((module) => module.dictionary),
};

/** The first of the browser's languages that the page speaks; English when there is none. */
export function languageOf(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    if (primary === 'ko' || primary === 'en') return primary;
  }
  return 'en';
}

export async function speak(language: Language): Promise<void> {
  const dictionary = await dictionaries[language]();
  document.documentElement.lang = language;
  spoken.value = { language, ...dictionary };
}

/** Reading this in a component draws it again when the language changes. */
export function words(): Words {
  const now = spoken.value;
  if (!now) throw new Error('speak() comes before words()');
  return now.words;
}

/** The sentence for an error code of the server or of the call. */
export function errorWords(code: string): string {
  const now = spoken.value;
  if (!now) throw new Error('speak() comes before errorWords()');
  return Object.hasOwn(now.errors, code) ? now.errors[code as ErrorCode] : now.errorUnknown;
}

export const language = (): Language => spoken.value?.language ?? 'en';

/** The frame of the few pages that are text only: one style, named in the policy by its hash, and no script. */
import { styleHashes } from './page-files.ts';

export type Language = 'ko' | 'en';

const STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1b1b1f; --line: #c9c7c0; --accent: #3345b8; }
@media (prefers-color-scheme: dark) { :root { --paper: #121317; --ink: #ecebe4; --line: #44464f; --accent: #a9b7ff; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, "Pretendard Variable", "Apple SD Gothic Neo", "Noto Sans KR", sans-serif;
  max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; word-break: keep-all; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.3; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
a { color: var(--accent); }
dt { font-weight: 600; margin-top: 1rem; } dd { margin: 0; }
code { overflow-wrap: anywhere; font-size: 0.9em; }
.home { display: inline-flex; align-items: center; gap: 0.6rem; min-height: 44px; color: inherit; text-decoration: none; font-weight: 600; }
.home img { width: 36px; height: 36px; }
.get { display: inline-block; margin: 0.5rem 0; padding: 0.7rem 1.2rem; border: 1px solid var(--line); border-radius: 0.75rem; font-weight: 600; color: inherit; text-decoration: none; }
`;

const STYLE_TAG = `<style>${STYLE}</style>`;

/** CSP sources of the style of these pages. */
export const DOCUMENT_STYLE_HASHES = styleHashes(STYLE_TAG);

/** HTML. `title` and `main` are markup of ours; nothing from a request may be in them. */
export function documentPage(language: Language, title: string, main: string): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} — Ieum</title>
<link rel="icon" href="/favicon.svg">
${STYLE_TAG}
</head>
<body>
<header><a class="home" href="/"><img src="/favicon.svg" alt=""><span lang="ko">이음</span></a></header>
<main>
${main}
</main>
</body>
</html>
`;
}

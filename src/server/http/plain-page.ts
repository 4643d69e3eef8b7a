/** Pages for what went wrong, in Korean and English. Nothing from the request is in them. */
import type { ServerResponse } from 'node:http';
import { DOCUMENT_STYLE_HASHES, documentPage } from './document.ts';

/** All that such a page needs, whatever policy was written for the page that was asked for. */
const POLICY = [
  "default-src 'none'",
  `style-src ${DOCUMENT_STYLE_HASHES.join(' ')}`,
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TEXTS: Readonly<Record<number, readonly [ko: string, en: string]>> = {
  400: ['요청을 이해할 수 없어요.', 'The request cannot be understood.'],
  403: ['여기서는 볼 수 없어요.', 'This may not be seen from here.'],
  404: ['이 주소에는 아무것도 없어요.', 'There is nothing at this address.'],
  405: ['이 주소에서는 할 수 없는 일이에요.', 'This cannot be done at this address.'],
  500: [
    '서버에 문제가 생겼어요. 잠시 뒤에 다시 시도해 주세요.',
    'The server has a problem. Try again in a moment.',
  ],
  503: [
    '통화 페이지가 아직 만들어지지 않았어요. 서버에서 “npm run build”를 실행해 주세요.',
    'The call page is not built yet. Run “npm run build” on the server.',
  ],
};

export function sendPlainPage(response: ServerResponse, status: number): void {
  const [ko, en] = TEXTS[status] ?? TEXTS[status < 500 ? 400 : 500] ?? ['', ''];
  const main = `<h1>${status}</h1>\n<p lang="ko">${ko}</p>\n<p lang="en">${en}</p>`;
  const body = documentPage('ko', String(status), main);
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.end(body);
}

/** Pages for what went wrong, in Korean and English. No script, no style, nothing from the request in them. */
import type { ServerResponse } from 'node:http';

const TEXTS: Readonly<Record<number, readonly [ko: string, en: string]>> = {
  400: ['요청을 이해할 수 없습니다.', 'The request cannot be understood.'],
  403: ['이곳은 볼 수 없습니다.', 'This may not be seen from here.'],
  404: ['이 주소에는 아무것도 없습니다.', 'There is nothing at this address.'],
  405: ['이 주소에서는 할 수 없는 일입니다.', 'This cannot be done at this address.'],
  500: [
    '서버에 문제가 생겼습니다. 잠시 뒤 다시 시도해 주세요.',
    'The server has a problem. Try again in a moment.',
  ],
  503: [
    '통화 페이지가 아직 빌드되지 않았습니다. 서버에서 “npm run build”를 실행해 주세요.',
    'The call page is not built yet. Run “npm run build” on the server.',
  ],
};

export function sendPlainPage(response: ServerResponse, status: number): void {
  const [ko, en] = TEXTS[status] ?? TEXTS[status < 500 ? 400 : 500] ?? ['', ''];
  const body = `<!doctype html>
<html lang="ko">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="/favicon.svg"><title>${status} — Ieum</title></head>
<body><main><h1>${status}</h1><p>${ko}</p><p lang="en">${en}</p><p><a href="/">Ieum</a></p></main></body>
</html>
`;
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.setHeader('Cache-Control', 'no-store');
  // What is answered over plain HTTP has met no policy yet, and the page needs nothing.
  if (!response.hasHeader('Content-Security-Policy')) {
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    response.setHeader('X-Content-Type-Options', 'nosniff');
  }
  response.end(body);
}

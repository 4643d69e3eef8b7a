/** The page that explains, in Korean and English, how to trust the certificate authority of this server. Text only. */
import { X509Certificate } from 'node:crypto';

import { styleHashes } from './page-files.ts';

interface Step {
  readonly system: string;
  readonly ko: string;
  readonly en: string;
}

const STEPS: readonly Step[] = [
  {
    system: 'Windows (Chrome, Edge)',
    ko: '받은 파일을 열고 “인증서 설치” → “현재 사용자” → “모든 인증서를 다음 저장소에 저장” → “신뢰할 수 있는 루트 인증 기관”을 고릅니다. 브라우저를 다시 시작합니다.',
    en: 'Open the file, then Install Certificate → Current User → Place all certificates in the following store → Trusted Root Certification Authorities. Restart the browser.',
  },
  {
    system: 'macOS (Safari, Chrome)',
    ko: '받은 파일을 열어 키체인 접근의 “로그인”에 넣습니다. “Ieum local CA”를 두 번 누르고 “신뢰”에서 “항상 신뢰”를 고릅니다.',
    en: 'Open the file to add it to the login keychain of Keychain Access. Double-click “Ieum local CA”, and under Trust choose Always Trust.',
  },
  {
    system: 'iPhone, iPad',
    ko: 'Safari로 받고 “허용”을 누릅니다. 설정 → “프로파일이 다운로드됨” → 설치. 그다음 설정 → 일반 → 정보 → 인증서 신뢰 설정에서 “Ieum local CA”를 켭니다. 두 단계가 모두 필요합니다.',
    en: 'Download with Safari and press Allow. Settings → Profile Downloaded → Install. Then Settings → General → About → Certificate Trust Settings, and switch “Ieum local CA” on. Both steps are needed.',
  },
  {
    system: 'Android (Chrome)',
    ko: '설정에서 “CA 인증서”를 찾아 (보안 → 암호화 및 사용자 인증 정보 → 인증서 설치 → CA 인증서) 받은 파일을 고릅니다.',
    en: 'Search the settings for “CA certificate” (Security → Encryption & credentials → Install a certificate → CA certificate), and choose the file.',
  },
  {
    system: 'Firefox',
    ko: '설정 → 개인 정보 및 보안 → 인증서 보기 → 인증 기관 → 가져오기에서 파일을 고르고 “웹 사이트 식별”을 켭니다.',
    en: 'Settings → Privacy & Security → View Certificates → Authorities → Import, choose the file, and tick “identify websites”.',
  },
  {
    system: 'Linux (Chrome, Chromium)',
    ko: '설정 → 개인정보 보호 및 보안 → 보안 → 인증서 관리 → 설치됨(직접 설치) → 신뢰할 수 있는 인증서 → 가져오기에서 파일을 고릅니다.',
    en: 'Settings → Privacy and security → Security → Manage certificates → Custom → Trusted certificates → Import, and choose the file.',
  },
];

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1, p, dd { word-break: keep-all; }
h1 { font-size: 1.5rem; line-height: 1.3; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
dt { font-weight: 600; margin-top: 1rem; } dd { margin: 0; }
code { overflow-wrap: anywhere; font-size: 0.9em; }
.get { display: inline-block; margin: 0.5rem 0; padding: 0.7rem 1.2rem; border: 1px solid; border-radius: 0.5rem; font-weight: 600; color: inherit; }
`;

const STYLE_TAG = `<style>${STYLE}</style>`;

/** CSP sources of the page's own style. */
export const TRUST_STYLE_HASHES = styleHashes(STYLE_TAG);

/** HTML. `authority` is PEM. */
export function trustPage(authority: string): string {
  const { fingerprint256 } = new X509Certificate(authority);
  const steps = (language: 'ko' | 'en') =>
    STEPS.map((step) => `<dt>${step.system}</dt><dd>${step[language]}</dd>`).join('\n');
  return `<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>인증서 신뢰하기 · Trust the certificate — Ieum</title>
<link rel="icon" href="/favicon.svg">
${STYLE_TAG}
</head>
<body>
<main>
<h1>이 서버의 인증서 신뢰하기</h1>
<p>이 서버는 스스로 만든 인증 기관을 씁니다. 브라우저의 경고를 없애려면 기기마다 한 번만 인증 기관을 신뢰하면 됩니다.
iPhone과 iPad에서는 이렇게 해야 연결이 가장 빠르고 안정적입니다.
이 인증 기관은 IP 주소와 내부 이름, 이 컴퓨터의 이름만 보증할 수 있고, 공개된 다른 사이트는 보증할 수 없습니다.</p>
<p><a class="get" href="/ca.crt" download="ieum-ca.crt">인증 기관 파일 받기 (ieum-ca.crt)</a></p>
<p>받기 전에 서버의 터미널에 표시된 지문과 같은지 확인하세요.<br>SHA-256: <code>${fingerprint256}</code></p>
<dl>
${steps('ko')}
</dl>
<p><a href="/">돌아가기</a></p>
<section lang="en">
<h2>Trust the certificate of this server</h2>
<p>This server uses a certificate authority of its own. Trust it once on each device, and the browser’s warning is gone.
iPhones and iPads need it for the fastest and most reliable connection.
The authority can vouch for IP addresses, private names and the name of this machine, and for no other public site.</p>
<p><a class="get" href="/ca.crt" download="ieum-ca.crt">Get the authority’s file (ieum-ca.crt)</a></p>
<p>Before you use it, compare its fingerprint with the one in the server’s terminal.<br>SHA-256: <code>${fingerprint256}</code></p>
<dl>
${steps('en')}
</dl>
<p><a href="/">Back</a></p>
</section>
</main>
</body>
</html>
`;
}

/** The page that explains, in Korean and English, how to trust the certificate authority of this server. */
import { X509Certificate } from 'node:crypto';

import { documentPage, type Language } from './document.ts';

interface Step {
  readonly system: string;
  readonly ko: string;
  readonly en: string;
}

const STEPS: readonly Step[] = [
  {
    system: 'Windows (Chrome, Edge)',
    ko: '받은 파일을 열고 “인증서 설치” → “현재 사용자” → “모든 인증서를 다음 저장소에 저장” → “신뢰할 수 있는 루트 인증 기관”을 고른 뒤 브라우저를 다시 시작해 주세요.',
    en: 'Open the file, then Install Certificate → Current User → Place all certificates in the following store → Trusted Root Certification Authorities. Restart the browser.',
  },
  {
    system: 'macOS (Safari, Chrome)',
    ko: '받은 파일을 열어 키체인 접근의 “로그인”에 넣어 주세요. “Ieum local CA”를 두 번 누르고 “신뢰”에서 “항상 신뢰”를 고르면 돼요.',
    en: 'Open the file to add it to the login keychain of Keychain Access. Double-click “Ieum local CA”, and under Trust choose Always Trust.',
  },
  {
    system: 'iPhone, iPad',
    ko: 'Safari로 받고 “허용”을 눌러 주세요. 설정 → “프로파일이 다운로드됨” → 설치. 그다음 설정 → 일반 → 정보 → 인증서 신뢰 설정에서 “Ieum local CA”를 켜 주세요. 두 단계가 모두 필요해요.',
    en: 'Download with Safari and press Allow. Settings → Profile Downloaded → Install. Then Settings → General → About → Certificate Trust Settings, and switch “Ieum local CA” on. Both steps are needed.',
  },
  {
    system: 'Android (Chrome)',
    ko: '설정에서 “CA 인증서”를 찾아 (보안 → 암호화 및 사용자 인증 정보 → 인증서 설치 → CA 인증서) 받은 파일을 골라 주세요.',
    en: 'Search the settings for “CA certificate” (Security → Encryption & credentials → Install a certificate → CA certificate), and choose the file.',
  },
  {
    system: 'Firefox',
    ko: '설정 → 개인 정보 및 보안 → 인증서 보기 → 인증 기관 → 가져오기에서 파일을 고르고 “웹 사이트 식별”을 켜 주세요.',
    en: 'Settings → Privacy & Security → View Certificates → Authorities → Import, choose the file, and tick “identify websites”.',
  },
  {
    system: 'Linux (Chrome, Chromium)',
    ko: '설정 → 개인정보 보호 및 보안 → 보안 → 인증서 관리 → 설치됨(직접 설치) → 신뢰할 수 있는 인증서 → 가져오기에서 파일을 골라 주세요.',
    en: 'Settings → Privacy and security → Security → Manage certificates → Custom → Trusted certificates → Import, and choose the file.',
  },
];

interface Words {
  readonly title: string;
  readonly why: string;
  readonly get: string;
  readonly compare: string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  ko: {
    title: '이 서버의 인증서 신뢰하기',
    why: '이 서버는 직접 만든 인증 기관을 써요. 기기마다 한 번만 등록해 두면 브라우저가 더는 경고하지 않아요. iPhone과 iPad에서는 이렇게 해야 연결이 가장 빠르고 안정적이에요. 이 인증 기관은 IP 주소와 내부 이름, 이 컴퓨터의 이름만 보증할 수 있고 다른 공개 사이트는 보증할 수 없어요.',
    get: '인증 기관 파일 받기 (ieum-ca.crt)',
    compare: '등록하기 전에 서버의 터미널에 나온 지문과 같은지 확인해 주세요.',
  },
  en: {
    title: 'Trust the certificate of this server',
    why: 'This server uses a certificate authority of its own. Trust it once on each device, and the browser’s warning is gone. iPhones and iPads need it for the fastest and most reliable connection. The authority can vouch for IP addresses, private names and the name of this machine, and for no other public site.',
    get: 'Get the authority’s file (ieum-ca.crt)',
    compare: 'Before you use it, compare its fingerprint with the one in the server’s terminal.',
  },
};

/** HTML, in both languages, `first` first. `authority` is PEM. */
export function trustPage(authority: string, first: Language): string {
  const { fingerprint256 } = new X509Certificate(authority);
  const second = first === 'ko' ? 'en' : 'ko';
  const main = ([first, second] as const).map((language, i) =>
    section(language, i === 0 ? 'h1' : 'h2', fingerprint256),
  );
  return documentPage(first, WORDS[first].title, main.join('\n'));
}

function section(language: Language, heading: 'h1' | 'h2', fingerprint: string): string {
  const { title, why, get, compare } = WORDS[language];
  const steps = STEPS.map((step) => `<dt>${step.system}</dt><dd>${step[language]}</dd>`).join('\n');
  return `<section lang="${language}">
<${heading}>${title}</${heading}>
<p>${why}</p>
<p><a class="get" href="/ca.crt" download="ieum-ca.crt">${get}</a></p>
<p>${compare}<br>SHA-256: <code>${fingerprint}</code></p>
<dl>
${steps}
</dl>
</section>`;
}

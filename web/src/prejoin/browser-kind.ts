/** Which browser this is, only as far as the way to its permission settings differs. */

export type BrowserKind =
  | 'chrome'
  | 'chrome-android'
  | 'samsung'
  | 'firefox'
  | 'firefox-android'
  | 'safari'
  | 'safari-ios'
  | 'chrome-ios'
  /** A page shown inside a messenger or a social app; many of these have no camera at all. */
  | 'in-app';

/** Apps whose built-in browser people open links in. */
const IN_APP = /KAKAOTALK|NAVER\(|Line\/|FBAN|FBAV|Instagram|DaumApps|; wv\)/i;

export function browserKindOf(userAgent: string, touchPoints: number): BrowserKind {
  if (IN_APP.test(userAgent)) return 'in-app';
  // iPadOS calls itself a Mac; a Mac has no touch screen.
  const ios = /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1);
  if (ios) return /CriOS|FxiOS|EdgiOS/.test(userAgent) ? 'chrome-ios' : 'safari-ios';
  const android = /Android/.test(userAgent);
  if (/SamsungBrowser/.test(userAgent)) return 'samsung';
  if (/Firefox\//.test(userAgent)) return android ? 'firefox-android' : 'firefox';
  if (/Chrome\//.test(userAgent)) return android ? 'chrome-android' : 'chrome';
  if (/Safari\//.test(userAgent)) return 'safari';
  return 'chrome';
}

export type System = 'windows' | 'mac' | 'android' | 'ios' | 'linux';

export function systemOf(userAgent: string, touchPoints: number): System {
  if (/iPhone|iPad|iPod/.test(userAgent)) return 'ios';
  if (/Macintosh/.test(userAgent)) return touchPoints > 1 ? 'ios' : 'mac';
  if (/Android/.test(userAgent)) return 'android';
  return /Windows/.test(userAgent) ? 'windows' : 'linux';
}

/** The steps to give the camera and microphone back, per browser and per system. Loaded only when needed. */
import type { Language } from '../words/words.ts';
import type { BrowserKind, System } from './browser-kind.ts';

type Steps = readonly string[];

export const BROWSER_STEPS: Record<Language, Record<BrowserKind, Steps>> = {
  en: {
    chrome: [
      'Click the icon left of the address.',
      'Switch Camera and Microphone on.',
      'Press “Try again” here; if that changes nothing, reload the page.',
    ],
    'chrome-android': [
      'Tap the icon left of the address.',
      'Tap Permissions, then allow Camera and Microphone.',
      'Press “Try again” here.',
    ],
    samsung: [
      'Tap the lock left of the address.',
      'Tap Permissions, then allow Camera and Microphone.',
      'Press “Try again” here.',
    ],
    firefox: [
      'Click the crossed-out camera or the lock left of the address.',
      'Remove “Blocked” beside Camera and Microphone.',
      'Press “Try again” here and allow both.',
    ],
    'firefox-android': [
      'Tap the lock left of the address.',
      'Tap Camera and Microphone until they say “Allowed”.',
      'Press “Try again” here.',
    ],
    safari: [
      'In the menu at the top choose Safari, then “Settings for This Website…”.',
      'Set Camera and Microphone to “Allow”.',
      'Reload the page.',
    ],
    'safari-ios': [
      'Tap the icon at the left end of the address field, then the three dots or “Website Settings”.',
      'Set Camera and Microphone to “Allow”.',
      'Reload the page.',
    ],
    'chrome-ios': [
      'Open the Settings app and choose this browser in the list of apps.',
      'Switch Camera and Microphone on.',
      'Come back and reload the page.',
    ],
    'in-app': [
      'This page is open inside another app, which may not allow a camera.',
      'Open the menu of that app and choose “Open in browser”.',
    ],
  },
  ko: {
    chrome: [
      '주소 왼쪽의 아이콘을 누르세요.',
      '카메라와 마이크를 켜세요.',
      '아래의 ‘다시 해 보기’를 누르세요. 그대로면 페이지를 새로 고쳐 주세요.',
    ],
    'chrome-android': [
      '주소 왼쪽의 아이콘을 누르세요.',
      '‘권한’에서 카메라와 마이크를 허용하세요.',
      '아래의 ‘다시 해 보기’를 누르세요.',
    ],
    samsung: [
      '주소 왼쪽의 자물쇠를 누르세요.',
      '‘권한’에서 카메라와 마이크를 허용하세요.',
      '아래의 ‘다시 해 보기’를 누르세요.',
    ],
    firefox: [
      '주소 왼쪽의 줄 그어진 카메라나 자물쇠를 누르세요.',
      '카메라와 마이크 옆의 ‘차단됨’을 지우세요.',
      '아래의 ‘다시 해 보기’를 누르고 둘 다 허용하세요.',
    ],
    'firefox-android': [
      '주소 왼쪽의 자물쇠를 누르세요.',
      '카메라와 마이크가 ‘허용됨’이 되도록 누르세요.',
      '아래의 ‘다시 해 보기’를 누르세요.',
    ],
    safari: [
      '맨 위 메뉴에서 Safari, ‘이 웹사이트 설정…’을 고르세요.',
      '카메라와 마이크를 ‘허용’으로 바꾸세요.',
      '페이지를 새로 고쳐 주세요.',
    ],
    'safari-ios': [
      '주소창 왼쪽 끝의 아이콘을 누르고, 점 세 개나 ‘웹 사이트 설정’을 누르세요.',
      '카메라와 마이크를 ‘허용’으로 바꾸세요.',
      '페이지를 새로 고쳐 주세요.',
    ],
    'chrome-ios': [
      '설정 앱을 열고 앱 목록에서 이 브라우저를 고르세요.',
      '카메라와 마이크를 켜세요.',
      '돌아와서 페이지를 새로 고쳐 주세요.',
    ],
    'in-app': [
      '다른 앱 안에서 열려서 카메라를 못 쓸 수 있어요.',
      '그 앱의 메뉴에서 ‘다른 브라우저로 열기’를 고르세요.',
    ],
  },
};

export const SYSTEM_STEPS: Record<Language, Record<System, Steps>> = {
  en: {
    windows: [
      'Open Settings › Privacy & security › Camera, and the same for Microphone.',
      'Switch on access, also for desktop apps.',
      'Restart the browser.',
    ],
    mac: [
      'Open System Settings › Privacy & Security › Camera, and the same for Microphone.',
      'Switch on this browser.',
      'Quit the browser and open it again.',
    ],
    android: [
      'Open Settings › Apps › this browser › Permissions.',
      'Allow Camera and Microphone.',
      'Reload the page.',
    ],
    ios: ['Open Settings › Apps › this browser.', 'Switch Camera and Microphone on.', 'Reload the page.'],
    linux: [
      'Look whether the system’s privacy settings or the sandbox of the browser keep the devices closed.',
      'Restart the browser.',
    ],
  },
  ko: {
    windows: [
      '설정 › 개인 정보 및 보안 › 카메라를 열고, 마이크도 같은 곳에서 여세요.',
      '데스크톱 앱까지 접근을 켜세요.',
      '브라우저를 껐다 켜세요.',
    ],
    mac: [
      '시스템 설정 › 개인정보 보호 및 보안 › 카메라를 열고, 마이크도 같은 곳에서 여세요.',
      '이 브라우저를 켜세요.',
      '브라우저를 완전히 닫고 다시 여세요.',
    ],
    android: [
      '설정 › 앱 › 이 브라우저 › 권한을 여세요.',
      '카메라와 마이크를 허용하세요.',
      '페이지를 새로 고쳐 주세요.',
    ],
    ios: ['설정 › 앱 › 이 브라우저를 여세요.', '카메라와 마이크를 켜세요.', '페이지를 새로 고쳐 주세요.'],
    linux: [
      '시스템의 개인 정보 설정이나 브라우저의 샌드박스가 장치를 막고 있는지 보세요.',
      '브라우저를 껐다 켜세요.',
    ],
  },
};

/** Browsers by what they say of themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserKindOf, systemOf } from '../../../web/src/prejoin/browser-kind.ts';

const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

test('each browser is taken for what it is', () => {
  const agents: [string, number, string, string][] = [
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/150.0.0.0 Safari/537.36`,
      0,
      'chrome',
      'windows',
    ],
    [
      `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${BLINK} Chrome/150.0 Mobile Safari/537.36`,
      5,
      'chrome-android',
      'android',
    ],
    [
      `Mozilla/5.0 (Linux; Android 14) ${BLINK} SamsungBrowser/27.0 Chrome/125 Mobile Safari/537.36`,
      5,
      'samsung',
      'android',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 0, 'firefox', 'linux'],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/18.0 Safari/605.1.15`,
      0,
      'safari',
      'mac',
    ],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/18.0 Safari/605.1.15`,
      5,
      'safari-ios',
      'ios',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${APPLE} CriOS/150 Mobile/15E148`,
      5,
      'chrome-ios',
      'ios',
    ],
    [
      `Mozilla/5.0 (Linux; Android 14; wv) ${BLINK} Chrome/150 Mobile Safari/537.36 KAKAOTALK 11.0`,
      5,
      'in-app',
      'android',
    ],
  ];
  for (const [agent, touchPoints, kind, system] of agents) {
    assert.equal(browserKindOf(agent, touchPoints), kind, agent);
    assert.equal(systemOf(agent, touchPoints), system, agent);
  }
});

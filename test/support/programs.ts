/** Where programs are that the tests need: the browser, and tools on the PATH. Installs nothing. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The full path of `name` on the PATH. */
export function findProgram(name: string): string | undefined {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (folder !== '' && existsSync(file)) return file;
    }
  }
  return undefined;
}

/** `CHROME_PATH`, then the PATH, then where installers put it, then what Playwright downloaded. */
export function findChromium(): string | undefined {
  const chosen = process.env.CHROME_PATH;
  if (chosen) return existsSync(chosen) ? chosen : undefined;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const file = findProgram(name);
    if (file !== undefined) return file;
  }
  return [...installedByInstaller(), ...downloadedByPlaywright()].find((file) => existsSync(file));
}

function installedByInstaller(): readonly string[] {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium'].flatMap((name) =>
      ['/', homedir()].map((base) => path.join(base, 'Applications', `${name}.app`, 'Contents/MacOS', name)),
    );
  }
  if (process.platform === 'win32') {
    return ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA']
      .flatMap((name) => process.env[name] ?? [])
      .map((base) => path.join(base, 'Google', 'Chrome', 'Application', 'chrome.exe'));
  }
  return [];
}

function downloadedByPlaywright(): readonly string[] {
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    {
      darwin: path.join(homedir(), 'Library', 'Caches', 'ms-playwright'),
      win32: path.join(process.env.LOCALAPPDATA ?? homedir(), 'ms-playwright'),
      linux: path.join(homedir(), '.cache', 'ms-playwright'),
    }[process.platform as string];
  if (cache === undefined || !existsSync(cache)) return [];
  const programs = [
    'chrome-linux/chrome',
    'chrome-linux64/chrome',
    'chrome-mac/Chromium.app/Contents/MacOS/Chromium',
    'chrome-win/chrome.exe',
    'chrome-win64/chrome.exe',
  ];
  return readdirSync(cache)
    .filter((name) => name.startsWith('chromium-'))
    .sort()
    .reverse()
    .flatMap((name) => programs.map((program) => path.join(cache, name, ...program.split('/'))));
}

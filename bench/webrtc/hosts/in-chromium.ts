/** Pages of an installed Chromium for its own stack. Each host is a browser of its own, so that its whole time can be counted. */
import { readdirSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import ts from 'typescript';
import { findChromium } from '../../../test/support/programs.ts';
import type { EndName, Signal } from '../protocol.ts';
import type { Host, Router } from './host.ts';

const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Addresses instead of mDNS names; and hidden pages run like others.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** Runs in the page, behind the text of endpoint.ts. */
const PAGE = `
const ends = new Map();
for (const name of ENDS) {
  const to = name === 'offerer' ? 'answerer' : 'offerer';
  ends.set(name, new Endpoint({ RTCPeerConnection }, (signal) => {
    const neighbour = ends.get(to);
    if (neighbour) queueMicrotask(() => void neighbour.signal(signal));
    else void window.routeSignal(to, signal);
  }));
}
window.callEnd = (end, name, args) => ends.get(end)[name](args);
`;

export async function hostInChromium(ends: readonly EndName[], route: Router): Promise<Host> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('There is no Chromium here.');
  const server = await chromium.launchServer({ executablePath, headless: true, args: SWITCHES });
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage();
  // Isolated from other origins, so that its clock has steps of 5 µs, not 100.
  await page.route('**/*', (request) =>
    request.fulfill({
      contentType: 'text/html',
      headers: {
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
      },
      body: '<!doctype html><title>bench</title>',
    }),
  );
  await page.goto('http://localhost/');
  await page.exposeFunction('routeSignal', (to: EndName, signal: Signal) => route(to, signal));
  await page.addScriptTag({ type: 'module', content: pageText(ends) });
  await page.waitForFunction('window.callEnd');
  const pid = server.process().pid ?? 0;
  return {
    pids: () => treeOf(pid),
    call: (end, name, args) =>
      page.evaluate(
        ([toEnd, operation, given]) =>
          (globalThis as unknown as { callEnd(...all: unknown[]): Promise<never> }).callEnd(
            toEnd,
            operation,
            given,
          ),
        [end, name, args] as const,
      ),
    async stop() {
      await browser.close();
      await server.kill();
    },
  };
}

function pageText(ends: readonly EndName[]): string {
  const source = readFileSync(new URL('../endpoint.ts', import.meta.url), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  });
  return `${outputText}\n${PAGE.replace('ENDS', JSON.stringify(ends))}`;
}

/** A process and all that it has started. */
function treeOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
      parents.set(Number(entry), Number(fields[1]));
    } catch {
      // it has ended meanwhile
    }
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  }
  return tree;
}

/** What is printed when the server listens: the frame, then how people and programs reach it. Text only. */
import { X509Certificate } from 'node:crypto';
import { renderUnicodeCompact } from 'uqr';
import type { Loaded, RunningServer } from '../server/index.ts';

const LINE = '='.repeat(34);

/** The framed lines, in a form that programs may read. */
export function frame(loaded: Pick<Loaded, 'shown' | 'settings'>, listening: readonly string[]): string {
  return [
    LINE,
    `settings: ${JSON.stringify(loaded.shown)}`,
    `mode: ${loaded.settings.mode}`,
    ...listening,
    LINE,
    '',
  ].join('\n');
}

export function serveBanner(loaded: Loaded, server: RunningServer): string {
  const { links, relays, authority } = server;
  const lines = ['Open in a browser:', ...links.map((link) => `  ${link}`)];
  if (relays.length > 0) lines.push('STUN and TURN:', ...relays.map((relay) => `  ${relay}`));
  const [best] = links;
  if (authority !== undefined && best !== undefined) {
    lines.push(
      'The browser warns once, because the certificate is our own. How to trust it:',
      `  ${best}/trust`,
      `  SHA-256 ${new X509Certificate(authority).fingerprint256}`,
    );
  }
  if (loaded.settings.qr && best !== undefined) {
    // Dark on light whatever the terminal's colours are would need escape codes; phones read both.
    lines.push('', renderUnicodeCompact(best, { border: 2 }));
  }
  return `${frame(loaded, [`server is listening on ${server.url}`])}${lines.join('\n')}\n`;
}

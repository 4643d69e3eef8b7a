/** What is printed when the server listens: the frame, then how people and programs reach it. Text only. */
import { X509Certificate } from 'node:crypto';
import { renderUnicodeCompact } from 'uqr';
import { formatAddress } from '../base/index.ts';
import type { Loaded, RelayLinks, RunningServer, RunningTurn } from '../server/index.ts';

const LINE = '='.repeat(34);

/** The framed lines, in a form that programs may read. */
function frame(loaded: Pick<Loaded, 'shown' | 'settings'>, listening: readonly string[]): string {
  return [
    LINE,
    `settings: ${JSON.stringify(loaded.shown)}`,
    `mode: ${loaded.settings.mode}`,
    ...listening,
    LINE,
    '',
  ].join('\n');
}

/** `inColour`: the output is a terminal that understands escape codes. */
export function serveBanner(loaded: Loaded, server: RunningServer, inColour: boolean): string {
  const { links, relays, authority } = server;
  const lines = ['Open in a browser:', ...links.map((link) => `  ${link}`)];
  if (relays.length > 0) lines.push('STUN and TURN:', ...relayLines(relays));
  const [best] = links;
  if (authority !== undefined && best !== undefined) {
    lines.push(
      'The browser warns once, because the certificate is our own. How to trust it:',
      `  ${best}/trust`,
      `  SHA-256 ${new X509Certificate(authority).fingerprint256}`,
    );
  }
  if (loaded.settings.qr && best !== undefined) lines.push('', ...qrCode(best, inColour));
  return `${frame(loaded, [`server is listening on ${server.url}`])}${lines.join('\n')}\n`;
}

function relayLines(relays: readonly RelayLinks[]): string[] {
  return relays.map(
    ({ stun, turn, turns }) => `  ${stun}  ${turn}${turns === undefined ? '' : `  ${turns}`}`,
  );
}

export function turnBanner(
  loaded: Loaded,
  { host, port, tlsPort, dtls, relays, health }: RunningTurn,
): string {
  const at = host.includes(':') ? `[${host}]` : host;
  const listening = [
    `server is listening on turn:${at}:${port} (UDP and TCP)`,
    `server is listening on turns:${at}:${tlsPort} (${dtls ? 'TLS and DTLS' : 'TLS'})`,
    ...(health ? [`server is listening on http://${formatAddress(health)} (health and metrics)`] : []),
  ];
  return `${frame(loaded, listening)}STUN and TURN:\n${relayLines(relays).join('\n')}\n`;
}

/** Lines of half blocks. In colour it is white on black whatever the terminal's own colours are, as cameras like it. */
function qrCode(link: string, inColour: boolean): string[] {
  const lines = renderUnicodeCompact(link, { border: 2 }).split('\n');
  return inColour ? lines.map((line) => `\u001b[97;40m${line}\u001b[0m`) : lines;
}

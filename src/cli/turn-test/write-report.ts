/** What was found out, as a table for people or as JSON for machines. */
import { formatAddress } from '../../base/index.ts';
import { formatTable } from '../control/table.ts';
import { type Finding, writeFinding } from '../doctor/finding.ts';
import type { Report } from './report.ts';

interface Judged {
  readonly report: Report;
  readonly findings: readonly Finding[];
}

export interface Outcome {
  readonly uri: string;
  readonly addresses: readonly string[];
  readonly resolveMs: number;
  readonly judged: readonly Judged[];
  readonly overall: Finding;
}

const HEAD = ['transport', 'server', 'connect', 'stun', 'allocate', 'refresh', 'echo p50', 'p95', 'lost'];
const NUMBERS_FROM = 2;

export function writeOutcome(
  { uri, addresses, resolveMs, judged, overall }: Outcome,
  inColour: boolean,
): string {
  const rows = judged.map(({ report }) => rowOf(report));
  const details = judged.flatMap(({ report, findings }) => [
    `\n${report.transport.toUpperCase()} ${formatAddress(report.server)}${secureOf(report)}\n`,
    ...findings.map((finding) => writeFinding(finding, inColour)),
  ]);
  return [
    `${uri}: ${addresses.join(', ')} (looked up in ${cell(resolveMs)} ms)\n\n`,
    formatTable([HEAD, ...rows], { rightFrom: NUMBERS_FROM }),
    'All times in milliseconds.\n',
    ...details,
    `\n${writeFinding(overall, inColour)}`,
  ].join('');
}

function rowOf({ transport, server, connectMs, stun, allocate, refresh, echo }: Report): string[] {
  const lost = echo && `${echo.sent - echo.received}/${echo.sent}`;
  return [
    transport.toUpperCase(),
    formatAddress(server),
    ...[connectMs, stun?.roundTripMs, allocate?.ms, refresh?.ms, echo?.p50Ms, echo?.p95Ms].map(cell),
    lost ?? '-',
  ];
}

function cell(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(1);
}

function secureOf({ secure }: Report): string {
  if (!secure) return '';
  const { certificate, protocol, cipher, applicationProtocol } = secure;
  const until =
    certificate &&
    `, certificate of ${certificate.issuer} until ${new Date(certificate.validToMs).toISOString().slice(0, 10)}`;
  return ` (${protocol}, ${cipher}${applicationProtocol ? `, ALPN ${applicationProtocol}` : ''}${until ?? ''})`;
}

/** One object: the same facts, in milliseconds, and the verdicts. `ok` is what the exit code says. */
export function writeJson(outcome: Outcome): string {
  const { uri, addresses, resolveMs, judged, overall } = outcome;
  const tests = judged.map(({ report, findings }) => ({ ...report, findings }));
  const all = { uri, addresses, resolveMs, ok: overall.level !== 'fail', overall, tests };
  return `${JSON.stringify(all, (_key, value) => (typeof value === 'number' ? toMicros(value) : value))}\n`;
}

/** Clocks tell more digits than they know. */
function toMicros(value: number): number {
  return Math.round(value * 1000) / 1000;
}

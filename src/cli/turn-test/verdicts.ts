/** From facts about a server to sentences: how it is, and what to do about it. Looks at nothing itself. */
import { formatAddress } from '../../base/index.ts';
import { scopeOf } from '../../node/index.ts';
import { type Finding, fail, ok, warn } from '../doctor/finding.ts';
import { certificateFindings } from './certificate-verdicts.ts';
import type { Report } from './report.ts';
import { type TroubleContext, troubleFinding } from './trouble-verdicts.ts';

/** More is heard and seen. */
const MUCH_LOSS = 0.05;

export interface VerdictContext extends Omit<TroubleContext, 'report'> {
  /** Whether any transport over UDP has worked from here: else a silent relay port says nothing. */
  readonly udpWorks: boolean;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** One for each thing that there is to say, the most important first. */
export function verdictsOf(report: Report, context: VerdictContext): Finding[] {
  const findings = [
    ...report.troubles.map((trouble) => troubleFinding(trouble, { ...context, report })),
    ...certificateVerdicts(report, context),
    ...addressFindings(report, context),
    ...echoFindings(report),
  ];
  if (findings.some(({ level }) => level === 'fail') || !report.stun) return findings;
  return [ok(summaryOf(report, context)), ...findings];
}

/** Where nobody has promised TLS, a certificate of our own making is no failure: it is as if TLS were not there. */
function certificateVerdicts({ secure, optional }: Report, context: VerdictContext): Finding[] {
  const findings = secure ? certificateFindings(secure, context) : [];
  return findings.map(({ text, advice, level }) => ({
    level: level === 'fail' && optional ? 'warn' : level,
    text,
    advice,
  }));
}

function summaryOf({ stun, allocate, echo }: Report, { withCredentials }: VerdictContext): string {
  const seen = stun ? `STUN in ${ms(stun.roundTripMs)}, seen as ${stun.mapped.ip}` : '';
  if (!withCredentials) return `${seen}; TURN was not tried, because no credentials were given`;
  const relay = allocate?.relayed.map(formatAddress).join(' and ');
  const trip = echo?.p50Ms === undefined ? '' : `, there and back through it in ${ms(echo.p50Ms)}`;
  return `${seen}; relay ${relay}${trip}`;
}

/** Is the relayed address one that others can reach? */
function addressFindings(
  { allocate, reach, server, echo, stun }: Report,
  { udpWorks }: VerdictContext,
): Finding[] {
  const relayed = allocate?.relayed[0];
  if (!allocate || !relayed) return [];
  const asked = allocate.redirects.at(-1) ?? server;
  const [advertised, known] = [scopeOf(relayed.ip), scopeOf(asked.ip)];
  const where = formatAddress(relayed);
  if (known === 'public' && advertised !== 'public') {
    return [
      fail(
        `The relay tells people to send to ${where}, which is no public address, while the server itself is at ${asked.ip}.`,
        `Tell the server its public address: --public-ip ${asked.ip} (coturn: external-ip).`,
      ),
    ];
  }
  const isNowhere = advertised === 'special' || (advertised === 'loopback' && known !== 'loopback');
  // What arrives, arrives: a laboratory may use any address.
  if (isNowhere && relayed.ip !== asked.ip && !reach?.received) {
    return [
      fail(
        `The relay tells people to send to ${where}, where nobody can send.`,
        'Tell the server the address that others reach it by: --public-ip (coturn: external-ip, relay-ip).',
      ),
    ];
  }
  if (!reach || reach.received > 0 || !udpWorks) return [];
  // On the server's own machine we look like one of its services, to which it may relay nothing.
  if (stun?.mapped.ip === relayed.ip) return [];
  if (relayed.ip !== asked.ip) {
    return [
      fail(
        `The relay tells people to send to ${where}, but nothing that is sent there arrives; the server itself is at ${asked.ip}.`,
        'Most likely the advertised address is wrong: look at --public-ip (coturn: external-ip).',
        'If it is right, let the relay ports (UDP) through the firewall to the server.',
      ),
    ];
  }
  const inside =
    echo && echo.received > 0 ? ' Two clients of this server reach each other all the same.' : '';
  return [
    warn(
      `Nothing that is sent to the relay at ${where} arrives: people who use no relay cannot be reached.${inside}`,
      'Let the relay ports (UDP, --relay-ports) through the firewall to the server.',
    ),
  ];
}

function echoFindings({ echo, transport }: Report): Finding[] {
  if (!echo) return [];
  const lost = echo.sent - echo.received;
  const words = `${lost} of ${echo.sent} packets were lost on the way through the relay and back`;
  if (echo.received === 0) {
    return [
      fail(
        `The server relays nothing: ${words}.`,
        'Look whether the server may reach its own relayed addresses (a firewall, a NAT without hairpinning, or a wrong --public-ip).',
      ),
    ];
  }
  if (lost / echo.sent <= MUCH_LOSS) return [];
  const why =
    transport === 'udp'
      ? 'Try again from another network: the line from here may be full.'
      : 'Look at the load of the server.';
  return [warn(`${words}.`, why)];
}

/** What will trouble a call, over all transports. */
export function overallOf(reports: readonly { report: Report; findings: readonly Finding[] }[]): Finding {
  const good = reports.filter(({ findings }) => findings.every(({ level }) => level !== 'fail'));
  const worked = good.filter(({ report }) => report.stun).map(({ report }) => report.transport);
  const broken = reports.filter(({ findings }) => findings.some(({ level }) => level === 'fail'));
  const names = [...new Set(worked)].map((name) => name.toUpperCase()).join(', ');
  if (broken.length === 0) return ok(`The server works over ${names}.`);
  if (worked.length === 0) return fail('The server cannot be used from here.');
  return fail(`The server works over ${names}, but not in every way that it should.`);
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

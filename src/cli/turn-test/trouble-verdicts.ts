/** What went wrong, in plain words, and what to do about it. RFC 8656 §7.4, §19. */
import { formatAddress } from '../../base/index.ts';
import { type Finding, fail, warn } from '../doctor/finding.ts';
import type { Report, Trouble } from './report.ts';

export interface TroubleContext {
  readonly report: Report;
  readonly host: string;
  readonly withCredentials: boolean;
  /** Whether the credentials were made from a secret, by the TURN REST scheme. */
  readonly bySecret: boolean;
}

interface Words {
  readonly text: string;
  readonly advice: readonly string[];
}

const words = (text: string, ...advice: string[]): Words => ({ text, advice });

export function troubleFinding(trouble: Trouble, context: TroubleContext): Finding {
  const { report } = context;
  const name = report.transport.toUpperCase();
  const { text, advice } =
    trouble.step === 'connect' || trouble.step === 'stun'
      ? unreachable(trouble, report, name)
      : refused(trouble, context);
  const unreached = trouble.step === 'connect' || trouble.step === 'stun';
  if (report.optional && unreached) return warn(`${text} It need not be there.`);
  // Whom a server refuses as a peer is its own business; what it does for its clients is ours.
  return trouble.step === 'permission' && trouble.status === 403
    ? warn(text, ...advice)
    : fail(text, ...advice);
}

/** There is no way to the server, or something else is at its end. */
function unreachable({ step, code, system }: Trouble, report: Report, name: string): Words {
  const place = `${protocolOf(report)} ${formatAddress(report.server)}`;
  if (system === 'ECONNREFUSED') {
    return words(
      `Nobody listens on ${place}.`,
      'Look whether the server runs, whether this is its port, and whether it listens on this address.',
    );
  }
  if (system === 'ENETUNREACH' || system === 'EHOSTUNREACH' || system === 'EADDRNOTAVAIL') {
    return words(
      `There is no way from here to ${report.server.ip} (${system}).`,
      'Look whether this machine has that IP version, and a route.',
    );
  }
  // Who hangs up on a STUN request has not understood it.
  const strange = code === 'STUN_STREAM_INVALID' || (step === 'stun' && code === 'TURN_CONNECTION_CLOSED');
  const notSecure = system?.startsWith('ERR_SSL') || system === 'EPROTO';
  if (strange || notSecure) {
    return words(
      `What answers on ${place} does not speak ${notSecure ? name : 'STUN'}.`,
      'Look whether another program has this port, and whether turn: and turns: were mixed up.',
    );
  }
  if (code === 'STUN_TIMED_OUT' || system === 'ETIMEDOUT' || system === undefined) {
    return words(
      `No answer from ${place}.`,
      `Most likely a firewall swallows it: let ${place.split(' ')[0]} ${report.server.port} through, on this side and before the server. Or the server does not run.`,
    );
  }
  return words(
    `The connection to ${place} was cut (${system}).`,
    'Look whether a proxy or another program stands on this port.',
  );
}

/** The server answers, but does not do it. */
function refused(trouble: Trouble, context: TroubleContext): Words {
  const { bySecret } = context;
  switch (trouble.status) {
    case 300:
      return words(
        'The server sends its clients to others, and these send them on in a circle, or nowhere (300).',
        'Look at --alternate-server of each of them.',
      );
    case 401:
      return bySecret
        ? words(
            'The server does not accept credentials made from this secret (401).',
            'Compare the secret with that of the server (--turn-secret; coturn: static-auth-secret with use-auth-secret).',
            'Look at the clocks: credentials carry the time until which they are good.',
          )
        : words(
            'The server does not know this name with this password (401).',
            'Compare --user and --password with what the server has. If they are short-lived, they may have ended.',
          );
    case 403:
      return trouble.step === 'allocate'
        ? words(
            'The server gives no relay to this client (403).',
            'Look at its lists of allowed and denied clients.',
          )
        : words(
            `The server does not send to ${peerOf(trouble, context)} (403).`,
            'That is a rule of the server: look at --allow-loopback-peers, --private-peers, --peer-allow and --peer-deny (coturn: allowed-peer-ip, denied-peer-ip).',
          );
    case 420:
      return words(
        'The server does not know an attribute that TURN needs (420).',
        'It is too old, or no TURN server.',
      );
    case 437:
      return words(
        'The server thinks that this address has an allocation already, or none any more (437).',
        'Try again in some minutes; if it stays, something between here and there changes addresses or sends packets to different servers.',
      );
    case 438:
      return words(
        'The server calls every nonce stale, its own too (438).',
        'Most likely several servers stand behind one name: let them share the secret of nonces (--nonce-secret), or send each client to one of them.',
      );
    case 440:
      return words(
        'The server has no relay addresses of this IP version (440).',
        'Give it one, or leave the address of that version out of DNS.',
      );
    case 441:
      return words(
        'The allocation belongs to another user (441).',
        'Try again; if it stays, report it to who runs the server.',
      );
    case 442:
      return words('The server relays no UDP (442).', 'It is set up for TCP alone; calls need UDP relays.');
    case 486:
      return words(
        'This user, or the server, has as many allocations as allowed (486).',
        'End others, wait until they expire (10 minutes), or raise --user-quota or --total-quota (coturn: user-quota, total-quota). This test needs two.',
      );
    case 508:
      return words(
        'The server has no free relay port (508).',
        'Give it more: --relay-ports (coturn: min-port, max-port), and look whether other programs hold them and whether it may open so many files. It may also be about to stop.',
      );
    case 500:
      return words('The server has trouble of its own (500).', 'Look into its log.');
    default:
      return unanswered(trouble, bySecret);
  }
}

function unanswered({ step, code, status, reason }: Trouble, bySecret: boolean): Words {
  if (code === 'STUN_INTEGRITY_VIOLATED') {
    return words(
      'The answers of the server are sealed with another password, or were changed on their way.',
      bySecret
        ? 'Compare the secret with that of the server.'
        : 'Compare --password with that of the server.',
    );
  }
  if (code === 'STUN_TIMED_OUT') {
    return words(
      `The server answers STUN, but not this request (${step}).`,
      'Look whether it does TURN at all, and whether something before it lets only STUN through.',
    );
  }
  if (code === 'TURN_CONNECTION_CLOSED') {
    return words(`The server has closed the connection (${step}).`, 'Look into its log.');
  }
  const said = status === undefined ? code : `${status} ${reason}`.trim();
  return words(`The server did not do it: ${said} (${step}).`, 'Look into its log.');
}

function peerOf({ step }: Trouble, { report }: TroubleContext): string {
  if (step === 'peer') return report.peer?.ip ?? 'this peer';
  return `its own relays at ${report.allocate?.relayed[0]?.ip ?? 'their address'}`;
}

function protocolOf({ transport }: Report): 'UDP' | 'TCP' {
  return transport === 'udp' || transport === 'dtls' ? 'UDP' : 'TCP';
}

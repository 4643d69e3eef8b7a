/**
 * Whether the server is the one that is meant: looks at its certificate once, before anything is said, and gives an agent
 * that accepts no other. A certificate that no authority vouches for has to be named, or be on this very machine.
 */
import type { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { isIP } from 'node:net';
import { connect, rootCertificates } from 'node:tls';
import { StackError } from '../../base/index.ts';

export interface Trust {
  /** 64 hexadecimal digits: this certificate and no other. */
  readonly pin: string | undefined;
  /** A file in PEM with further authorities. */
  readonly caFile: string | undefined;
  /** Whoever answers is believed. */
  readonly insecure: boolean;
}

export interface TrustedServer {
  readonly origin: string;
  readonly agent: Agent;
  /** Its fingerprint, when others will need it as well to believe it. */
  readonly pin: string | undefined;
}

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'its name cannot be looked up just now',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it ends the connection at once',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ENOTFOUND: 'there is no such name',
  ETIMEDOUT: 'no answer',
};
const PATIENCE_MS = 10_000;
const HTTPS_PORT = 443;

/** Rejects with StackError `SERVER_UNREACHABLE` or `SERVER_UNTRUSTED`, each with what to do. */
export async function trustServer(origin: string, trust: Trust): Promise<TrustedServer> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const authorities = trust.caFile === undefined ? undefined : [...rootCertificates, readPem(trust.caFile)];
  const shown = await look(origin, host, port === '' ? HTTPS_PORT : Number(port), authorities);
  const fingerprint = shown.leaf.fingerprint256.toLowerCase().replaceAll(':', '');
  if (trust.pin !== undefined) {
    if (trust.pin !== fingerprint) {
      throw new StackError(
        'SERVER_UNTRUSTED',
        `${origin} shows another certificate than the one that was named (${fingerprint}, not ${trust.pin}): somebody may stand in between, or the server has renewed it. Ask for a new link.`,
      );
    }
    return { origin, agent: agentFor(shown.leaf), pin: fingerprint };
  }
  if (shown.distrust === undefined) {
    const agent = new Agent({ keepAlive: true, ...(authorities && { ca: authorities }) });
    return { origin, agent, pin: authorities && fingerprint };
  }
  if (!trust.insecure && !isLoopback(host)) throw untrusted(origin, shown.distrust, fingerprint);
  return { origin, agent: agentFor(shown.leaf), pin: fingerprint };
}

interface Shown {
  readonly leaf: X509Certificate;
  /** Why the authorities of this machine do not vouch for it; `undefined` when they do. */
  readonly distrust: string | undefined;
}

function look(origin: string, host: string, port: number, ca: string[] | undefined): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca && { ca }),
    });
    const failed = (cause: unknown): void => {
      socket.destroy();
      reject(unreachable(origin, cause));
    };
    socket.setTimeout(PATIENCE_MS, () => failed(new Error('no answer within 10 s')));
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      const leaf = socket.getPeerX509Certificate();
      const distrust = socket.authorized ? undefined : String(socket.authorizationError);
      socket.removeListener('error', failed);
      socket.on('error', () => socket.destroy());
      socket.end();
      if (leaf) resolve({ leaf, distrust });
      else failed(new Error('it shows no certificate'));
    });
  });
}

/** Exactly this one, whatever names and authorities it has. The option is younger than the types of Node. */
function agentFor(leaf: X509Certificate): Agent {
  const options = {
    keepAlive: true,
    ca: leaf.toString(),
    allowPartialTrustChain: true,
    checkServerIdentity: () => undefined,
  };
  return new Agent(options);
}

/** Nobody stands in between on the way to oneself. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function unreachable(origin: string, cause: unknown): StackError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const why = NETWORK_WORDS[code] ?? (cause instanceof Error ? cause.message || code : String(cause));
  return new StackError(
    'SERVER_UNREACHABLE',
    `No Ieum server answers at ${origin} (${why}). Check the link or --server and the network; on your own machine, npm start starts one.`,
    { cause },
  );
}

function untrusted(origin: string, why: string, fingerprint: string): StackError {
  return new StackError(
    'SERVER_UNTRUSTED',
    `No authority that this machine knows vouches for ${origin} (${why}). Use a link that holds its fingerprint; or compare ${fingerprint} with its operator and add --pin ${fingerprint}; or name its authority with --ca FILE (${origin}/ca.crt). --insecure believes whoever answers.`,
  );
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new StackError('SETTINGS_UNREADABLE', `--ca: ${file} cannot be read.`, { cause });
  }
}

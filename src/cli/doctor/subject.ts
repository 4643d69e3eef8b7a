/** The server that is examined: the one that runs on the configured ports, or one that is started for a moment. */
import { lookup } from 'node:dns/promises';
import { type Env, familyOf, type SocketAddress, StackError } from '../../base/index.ts';
import { ownAddresses } from '../../node/index.ts';
import { openSecrets, type Settings, StateDir, startTurn } from '../../server/index.ts';
import { type ClientCredentials, mintRestCredentials } from '../../turn/index.ts';

export interface Subject {
  readonly running: boolean;
  /** STUN and TURN over UDP and TCP. */
  readonly turn: SocketAddress;
  /** TURN over TLS. */
  readonly tls: SocketAddress;
  /** Short-lived, as a participant gets them. */
  readonly credentials: ClientCredentials;
  close(): Promise<void>;
}

const CREDENTIAL_SECONDS = 300;

/** Rejects with a StackError whose sentence names the option. */
export async function startSubject(env: Env, settings: Settings, ip: string): Promise<Subject> {
  // Free ports: the configured ones are examined by another check, and may be held by somebody.
  const server = await startTurn({ ...settings, turnPort: 0, turnTlsPort: 0 }, env.log);
  return {
    running: false,
    turn: { ip, port: server.port },
    tls: { ip, port: server.tlsPort },
    credentials: mintCredentials(env, settings),
    close: () => server.close(),
  };
}

/** `tls`: where TURN over TLS is, the one port or a port of its own. */
export function runningSubject(env: Env, settings: Settings, ip: string, tls: SocketAddress): Subject {
  return {
    running: true,
    turn: { ip, port: settings.turnPort },
    tls,
    credentials: mintCredentials(env, settings),
    close: async () => {},
  };
}

/**
 * An address by which a server that listens on `host` is reached from this machine: best the one that guests use.
 * Rejects with StackError `ADDRESS_NOT_LOCAL` when `host` is a name without one.
 */
export async function reachableIp(host: string): Promise<string> {
  if (!isWildcard(host)) {
    return lookup(host).then(
      ({ address }) => address,
      (cause: unknown) => {
        const text = `${host} is no name that can be resolved; use an address.`;
        throw new StackError('ADDRESS_NOT_LOCAL', text, { cause });
      },
    );
  }
  const own = ownAddresses().filter(({ family }) => host === '::' || family === 4);
  const useful = own.find(
    ({ scope, family }) => scope !== 'loopback' && !(scope === 'link-local' && family === 6),
  );
  return useful?.ip ?? own.find(({ ip }) => familyOf(ip) === 4)?.ip ?? '127.0.0.1';
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function mintCredentials(env: Env, settings: Settings): ClientCredentials {
  const secret = settings.turnSecret[0] ?? openSecrets(new StateDir(settings.stateDir)).turn;
  return mintRestCredentials(env.crypto, secret, env.wallClock(), CREDENTIAL_SECONDS, 'doctor');
}

/** STUN and TURN alone: over UDP and TCP on one port, over TLS on another. No web server, no signaling. */
import type { Log } from '../base/index.ts';
import { nodeEnv } from '../node/index.ts';
import { CloseStack } from './close-stack.ts';
import { type RelayLinks, relayLinks } from './links.ts';
import { listenError } from './listen-error.ts';
import { openSecrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { StateDir } from './state-dir.ts';
import { openCertificates } from './tls/open-certificates.ts';
import { openSecurePort, type SecurePort } from './turn/secure-port.ts';
import { logTurnFact } from './turn-facts-log.ts';
import { hostOptionOf, openTurn, turnHost } from './turn-options.ts';

export interface RunningTurn {
  /** Of UDP and TCP. */
  readonly port: number;
  readonly tlsPort: number;
  /** Whether that number is served over DTLS (UDP) too. */
  readonly dtls: boolean;
  /** The address listened on, as it was given. */
  readonly host: string;
  /** STUN and TURN at each address, best first. */
  readonly relays: readonly RelayLinks[];
  /** PEM of our own authority; `undefined` with `--cert`. */
  readonly authority: string | undefined;
  close(): Promise<void>;
}

/** Rejects with a StackError whose message is one sentence that names the option; nothing stays open then. */
export async function startTurn(settings: Settings, log: Log): Promise<RunningTurn> {
  const open = new CloseStack(log);
  try {
    return await start(settings, log, open);
  } catch (error) {
    await open.closeAll();
    throw error;
  }
}

async function start(settings: Settings, log: Log, open: CloseStack): Promise<RunningTurn> {
  const state = new StateDir(settings.stateDir);
  let secure: SecurePort | undefined;
  const certificates = await openCertificates(settings, state, log, (fresh) => secure?.setCredentials(fresh));
  open.push('certificates', () => certificates.close());
  const turn = await openTurn(nodeEnv({ log }), settings, openSecrets(state), (fact) =>
    logTurnFact(log, fact),
  );
  open.push('STUN and TURN', turn.close.bind(turn));
  const address = { ip: turnHost(settings), port: settings.turnTlsPort };
  secure = await openSecurePort({
    host: address.ip,
    port: address.port,
    credentials: certificates.current,
    dtls: settings.dtls,
    turn,
    log,
  }).catch((cause: unknown) => {
    throw listenError('TCP', address, { host: hostOptionOf(settings), port: '--turn-tls-port' }, cause);
  });
  open.push('the port for TLS', secure.close.bind(secure));
  return {
    port: turn.port,
    tlsPort: secure.port,
    dtls: turn.statistics.dtls !== undefined,
    host: address.ip,
    relays: relayLinks(turn.addresses, settings.publicIp, turn.port, secure.port),
    get authority() {
      return certificates.authority;
    },
    close: () => open.closeAll(),
  };
}

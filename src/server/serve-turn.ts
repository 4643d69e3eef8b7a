/** STUN and TURN alone: over UDP and TCP on one port, over TLS and DTLS on another. No web server, no signaling. */
import type { Log, SocketAddress } from '../base/index.ts';
import { nodeEnv } from '../node/index.ts';
import { CloseStack } from './close-stack.ts';
import { until } from './drain.ts';
import { openHealthServer } from './http/health-server.ts';
import { type RelayLinks, relayLinks } from './links.ts';
import { listenError } from './listen-error.ts';
import { Metrics } from './metrics.ts';
import { openTurn } from './open-turn.ts';
import type { Operable } from './operable.ts';
import { openSecrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { StateDir } from './state-dir.ts';
import { openCertificates } from './tls/open-certificates.ts';
import { openSecurePort, type SecurePort } from './turn/secure-port.ts';
import { tellDataPath } from './turn/workers/batches.ts';
import { hostOptionOf, turnHost, turnServiceChanges } from './turn-options.ts';
import { packageVersion } from './version.ts';

export interface RunningTurn extends Operable {
  /** Of UDP and TCP. */
  readonly port: number;
  readonly tlsPort: number;
  /** Whether that number is served over DTLS (UDP) too. */
  readonly dtls: boolean;
  /** The address listened on, as it was given. */
  readonly host: string;
  /** STUN and TURN at each address, best first. */
  readonly relays: readonly RelayLinks[];
  /** Where health and metrics are told, if anywhere. */
  readonly health: SocketAddress | undefined;
  /** PEM of our own authority; `undefined` with `--cert`. */
  readonly authority: string | undefined;
  /** Takes nobody new, waits until `--drain-min-allocations` are left or `--drain-seconds` are over, and closes. */
  drain(): Promise<void>;
  /** Closes everything at once. */
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
  let live = settings;
  let ready = false;
  const state = new StateDir(settings.stateDir);
  const secrets = openSecrets(state);
  let secure: SecurePort | undefined;
  const certificates = await openCertificates(settings, state, log, (fresh) => secure?.setCredentials(fresh));
  open.push('certificates', () => certificates.close());

  const metrics = new Metrics(packageVersion());
  metrics.certificateExpiry(() => certificates.current.cert);
  const health = await openHealth(settings, log, {
    isReady: () => ready,
    metrics,
    metricsToken: () => live.metricsToken,
  });
  open.push('the port for health', async () => health?.close());

  const turn = await openTurn(settings, {
    ...{ env: nodeEnv({ log }), log, secrets, metrics, open },
    live: () => live,
  });
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
  ready = true;
  tellDataPath(log, turn.dataPath);
  log.info('listening', {
    turn: { addresses: turn.addresses, port: turn.port, relayWorkers: turn.statistics.workers },
  });
  return {
    port: turn.port,
    tlsPort: secure.port,
    dtls: turn.statistics.dtls !== undefined,
    host: address.ip,
    relays: relayLinks(turn.addresses, settings.publicIp, turn.port, secure.port),
    health: health?.local,
    get authority() {
      return certificates.authority;
    },
    sessions: () => turn.sessions(),
    kick: (filter) => turn.kick(filter),
    async reconfigure(next) {
      await turn.reconfigure(turnServiceChanges(next, secrets));
      live = next;
    },
    async drain() {
      ready = false;
      turn.setDraining(true);
      const left = () => turn.statistics.allocations;
      const { drainSeconds, drainMinAllocations } = live;
      if (left() > drainMinAllocations) {
        log.info('waiting for sessions to end; a second signal ends at once', {
          sessions: left(),
          drainSeconds,
          drainMinAllocations,
        });
      }
      await until(() => left() <= live.drainMinAllocations, drainSeconds * 1000);
      log.info('drained', { sessions: left() });
      await open.closeAll();
    },
    close: () => open.closeAll(),
  };
}

async function openHealth(
  { healthHost, healthPort }: Settings,
  log: Log,
  told: Pick<Parameters<typeof openHealthServer>[0], 'isReady' | 'metrics' | 'metricsToken'>,
) {
  if (healthPort === undefined) return undefined;
  return openHealthServer({ ...told, host: healthHost, port: healthPort, log }).catch((cause: unknown) => {
    const address = { ip: healthHost, port: healthPort };
    throw listenError('TCP', address, { host: '--health-host', port: '--health-port' }, cause);
  });
}

/** Brings all parts up as one server and takes them down again. On a failure nothing stays open. */
import { decodeBase64, encodeUtf8, type Log, type SocketAddress } from '../base/index.ts';
import { nodeEnv, scopeOf } from '../node/index.ts';
import { CloseStack } from './close-stack.ts';
import { until } from './drain.ts';
import { type Front, openFront } from './front/front.ts';
import { createApp } from './http/app.ts';
import { loadPageFiles } from './http/page-files.ts';
import { RequestFacts } from './http/request-facts.ts';
import { createWebServers, openRedirectServer } from './http/web-server.ts';
import { IceMinter } from './ice-minter.ts';
import { hostsOf, type RelayLinks, relayLinks, webLink } from './links.ts';
import { listenError } from './listen-error.ts';
import { Metrics } from './metrics.ts';
import { signalingMetrics } from './metrics-of-signaling.ts';
import { openTurn } from './open-turn.ts';
import type { Operable } from './operable.ts';
import { openSecrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { attachSignaling, type SignalingEndpoint } from './signaling/attach-signaling.ts';
import { StateDir } from './state-dir.ts';
import { openCertificates } from './tls/open-certificates.ts';
import { tellDataPath } from './turn/workers/batches.ts';
import { turnHost, turnServiceChanges } from './turn-options.ts';
import { packageVersion } from './version.ts';

export interface RunningServer extends Operable {
  /** Where the one TCP port listens, with the real port. */
  readonly local: SocketAddress;
  /** As the banner shows it: `https://0.0.0.0:8080`. */
  readonly url: string;
  /** What people can open, best first. */
  readonly links: readonly string[];
  /** STUN and TURN at each address, best first. */
  readonly relays: readonly RelayLinks[];
  /** PEM of our own authority; `undefined` with `--cert`. */
  readonly authority: string | undefined;
  /** Stops taking visitors, tells clients to come back, lets answers under way finish, all within `--drain-seconds`. */
  drain(): Promise<void>;
  /** Closes everything at once. */
  close(): Promise<void>;
}

/** Long enough for a restart of this program, short enough that nobody gives up. */
const RECONNECT_IN_MS = 1000;
/** For the notice to reach the clients before their connections end. */
const NOTICE_MS = 250;

/** Rejects with a StackError whose message is one sentence that names the option. */
export async function startServer(settings: Settings, log: Log): Promise<RunningServer> {
  const open = new CloseStack(log);
  try {
    return await start(settings, log, open);
  } catch (error) {
    await open.closeAll();
    throw error;
  }
}

async function start(settings: Settings, log: Log, open: CloseStack): Promise<RunningServer> {
  let live = settings;
  const env = nodeEnv({ log });
  const state = new StateDir(settings.stateDir);
  const secrets = openSecrets(state);
  let front: Front | undefined;
  const certificates = await openCertificates(settings, state, log, (fresh) => front?.setCredentials(fresh));
  open.push('certificates', () => certificates.close());

  const facts = new RequestFacts({
    trustedProxies: settings.trustedProxies.map(({ range }) => range),
    allowedOrigins: settings.allowedOrigins,
  });
  const metrics = new Metrics(packageVersion());
  let ready = false;
  const page = await loadPageFiles();
  if (page.size === 0) log.warn('the call page is not built; run npm run build');
  const app = createApp({
    page,
    facts,
    authority: () => certificates.authority,
    isReady: () => ready,
    metrics,
    metricsToken: () => live.metricsToken,
    log,
  });
  metrics.certificateExpiry(() => certificates.current.cert);
  const web = createWebServers({ app, facts });
  open.push('web servers', () => web.close());

  const turn = await openTurn(settings, { env, log, secrets, metrics, open, live: () => live });
  const { acceptStream } = turn;

  front = await openFront({
    host: settings.host,
    port: settings.port,
    credentials: certificates.current,
    log,
    onHttps: (socket) => web.secure.emit('connection', socket),
    onHttp: (socket) => web.plain.emit('connection', socket),
    onStun: acceptStream.bind(turn),
    isBalancer: (ip) => turn.isBalancer(ip),
    isProxy: (ip) => facts.isTrustedProxy(ip),
  }).catch((cause: unknown) => {
    const address = { ip: settings.host, port: settings.port };
    throw listenError('TCP', address, { host: '--host', port: '--port' }, cause);
  });
  const { local } = front;
  open.push('the port', front.close.bind(front));

  const minter = new IceMinter(env, {
    terms: () => ({
      secret: live.turnSecret[0] ?? secrets.turn,
      lifetimeSeconds: live.credentialMinutes * 60,
    }),
    turnPort: turn.port,
    webPortIsOpen: !isBehindProxy(settings),
  });
  let signaling: SignalingEndpoint | undefined;
  const onFact = signalingMetrics(metrics, () => signaling?.stats());
  signaling = attachSignaling(web.secure, {
    env,
    rooms: {
      secret: decodeBase64(secrets.signaling) ?? encodeUtf8(secrets.signaling),
      roomPeople: settings.roomLimit,
    },
    mintIce: (session, asked) => minter.mint(session, asked),
    facts,
    onFact,
  });
  open.push('signaling', signaling.close.bind(signaling));

  if (settings.httpPort !== undefined) {
    const address = { ip: settings.host, port: settings.httpPort };
    const redirect = await openRedirectServer(address, facts, () => local.port).catch((cause: unknown) => {
      throw listenError('TCP', address, { host: '--host', port: '--http-port' }, cause);
    });
    open.push('the redirecting port', redirect.close);
  }
  ready = true;
  tellDataPath(log, turn.dataPath);
  log.info('listening', {
    web: local,
    turn: { addresses: turn.addresses, port: turn.port, relayWorkers: turn.statistics.workers },
  });
  return {
    local,
    url: webLink(local.ip, local.port),
    links: hostsOf(settings.host, settings.publicIp).map((host) => webLink(host, local.port)),
    relays: relayLinks(
      turn.addresses,
      settings.publicIp,
      turn.port,
      isBehindProxy(settings) ? undefined : local.port,
    ),
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
      const deadline = performance.now() + live.drainSeconds * 1000;
      const leftMs = () => Math.max(0, deadline - performance.now());
      ready = false;
      turn.setDraining(true);
      front.stopAccepting();
      signaling.drain(RECONNECT_IN_MS);
      await until(() => signaling.stats().connections === 0, Math.min(NOTICE_MS, leftMs()));
      signaling.close();
      web.close();
      await turn.close(); // relayed calls come back sooner to a new server than to one that waits for them
      await until(() => {
        web.closeIdle();
        return front.connections === 0;
      }, leftMs());
      await open.closeAll();
    },
    close: () => open.closeAll(),
  };
}

/** The web server is for this machine only and TURN is not: a proxy stands before it, and carries no TURN. */
function isBehindProxy(settings: Settings): boolean {
  return scopeOf(settings.host) === 'loopback' && scopeOf(turnHost(settings)) !== 'loopback';
}

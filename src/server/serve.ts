/** Brings all parts up as one server and takes them down again. On a failure nothing stays open. */
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { encodeUtf8, type Log, type SocketAddress } from '../base/index.ts';
import { nodeEnv } from '../node/index.ts';
import { CloseStack } from './close-stack.ts';
import { createApp } from './http/app.ts';
import { loadPageFiles } from './http/page-files.ts';
import { RequestFacts } from './http/request-facts.ts';
import { createWebServers } from './http/web-server.ts';
import { IceMinter } from './ice-minter.ts';
import { hostsOf, webLink } from './links.ts';
import { listenError } from './listen-error.ts';
import { Metrics } from './metrics.ts';
import { signalingMetrics } from './metrics-of-signaling.ts';
import { openSecrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { attachSignaling, type SignalingEndpoint } from './signaling/attach-signaling.ts';
import { StateDir } from './state-dir.ts';
import { openCertificateFiles } from './tls/certificate-files.ts';
import type { CertificateSource, CredentialsListener } from './tls/certificate-source.ts';
import { openLocalCertificates } from './tls/local-certificates.ts';
import { machineNames } from './tls/machine-names.ts';
import { packageVersion } from './version.ts';

export interface RunningServer {
  /** Where the one TCP port listens, with the real port. */
  readonly local: SocketAddress;
  /** As the banner shows it: `https://0.0.0.0:8080`. */
  readonly url: string;
  /** What people can open, best first. */
  readonly links: readonly string[];
  /** Addresses of STUN and TURN, best first: `stun:192.168.0.10:3478`. */
  readonly relays: readonly string[];
  /** PEM of our own authority; `undefined` with `--cert`. */
  readonly authority: string | undefined;
  /** Stops taking visitors, tells clients to reconnect, waits for them at most `--drain-seconds`, then closes. */
  drain(): Promise<void>;
  /** Closes everything at once. */
  close(): Promise<void>;
}

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
  const state = new StateDir(settings.stateDir);
  const secrets = openSecrets(state);
  const env = nodeEnv({ log });
  let useCredentials: CredentialsListener = () => {};
  const certificates = await openCertificates(settings, state, log, (fresh) => useCredentials(fresh));
  open.push('certificates', () => certificates.close());

  const facts = new RequestFacts({
    trustedProxies: settings.trustedProxies.map(({ range }) => range),
    allowedOrigins: settings.allowedOrigins,
  });
  const metrics = new Metrics(packageVersion());
  let ready = false;
  const app = createApp({
    page: await loadPageFiles(),
    facts,
    authority: () => certificates.authority,
    isReady: () => ready,
    metrics,
    metricsToken: settings.metricsToken,
    log,
  });
  const web = createWebServers({ app, facts });
  open.push('web servers', () => web.close());

  let signaling: SignalingEndpoint | undefined;
  const onFact = signalingMetrics(metrics, () => signaling?.stats());

  const sockets = new Set<Socket>();
  const tls = createTlsServer({ ...certificates.current, ALPNProtocols: ['http/1.1'] }, (socket) => {
    socket.on('error', () => {});
    web.secure.emit('connection', socket);
  });
  useCredentials = (fresh) => tls.setSecureContext(fresh);
  const front = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (bytes) => {
      socket.pause();
      socket.unshift(bytes);
      (bytes[0] === 0x16 ? tls : web.plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  const local = await listen(front, { ip: settings.host, port: settings.port });
  open.push('the port', () => {
    front.close();
    for (const socket of sockets) socket.destroy();
  });
  const minter = new IceMinter(env, {
    secret: settings.turnSecret[0] ?? secrets.turn,
    lifetimeSeconds: settings.credentialMinutes * 60,
    turnPort: settings.turnPort,
    webPort: local.port,
  });
  signaling = attachSignaling(web.secure, {
    env,
    rooms: { secret: encodeUtf8(secrets.signaling), roomPeople: settings.roomLimit },
    mintIce: (session, host) => minter.mint(session, host, undefined),
    facts,
    onFact,
  });
  open.push('signaling', () => signaling?.close());
  ready = true;
  const url = webLink(local.ip, local.port);
  return {
    local,
    url,
    links: hostsOf(settings.host, settings.publicIp).map((host) => webLink(host, local.port)),
    relays: [],
    get authority() {
      return certificates.authority;
    },
    async drain() {
      ready = false;
      await open.closeAll();
    },
    close: () => open.closeAll(),
  };
}

function openCertificates(
  settings: Settings,
  state: StateDir,
  log: Log,
  onChange: CredentialsListener,
): Promise<CertificateSource> {
  const { cert, key, publicIp } = settings;
  if (cert !== undefined && key !== undefined) return openCertificateFiles({ cert, key, log, onChange });
  return openLocalCertificates({
    state,
    names: () => machineNames(publicIp),
    wallClock: () => Date.now(),
    log,
    onChange,
  });
}

/** Resolves with the real port. */
function listen(server: TcpServer, { ip, port }: SocketAddress): Promise<SocketAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(listenError('TCP', { ip, port }, { host: '--host', port: '--port' }, cause));
    });
    server.listen({ host: ip, port }, () => {
      const bound = server.address();
      resolve({ ip, port: typeof bound === 'object' && bound ? bound.port : port });
    });
  });
}

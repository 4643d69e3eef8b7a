/** `ieum doctor`: looks at everything that a call needs on this machine, says what it finds, and what to do. */
import { type Env, type SocketAddress, StackError, silentLog } from '../../base/index.ts';
import { nodeEnv, ownAddresses } from '../../node/index.ts';
import { type Loaded, packageVersion, type Settings, turnHost } from '../../server/index.ts';
import { isColourTerminal } from '../colour.ts';
import { createLog } from '../logger.ts';
import { checkAddresses } from './addresses.ts';
import { checkCertificate } from './certificate.ts';
import { readClock } from './clock.ts';
import { checkDataPath, checkReceiveBuffers, readReceiveBufferLimit } from './data-path.ts';
import { checkFileLimit, readLimits } from './file-limit.ts';
import { type Finding, fail, ok, writeFinding } from './finding.ts';
import { checkNodeVersion } from './node-version.ts';
import { checkAlternates, checkWebhook } from './other-servers.ts';
import { checkTurnPort, checkWebPort } from './ports.ts';
import { checkRelayPorts } from './relay-ports.ts';
import { checkStunTurn } from './stun-turn.ts';
import { isWildcard, reachableIp, runningSubject, startSubject } from './subject.ts';

type Teller = (...findings: readonly Finding[]) => void;

/** 0 when nothing has failed. Each line is written as soon as it is known. */
export async function doctorCommand({ settings, warnings }: Loaded): Promise<number> {
  const inColour = isColourTerminal(process.stdout);
  let failed = 0;
  let warned = 0;
  const tell: Teller = (...findings) => {
    for (const finding of findings) {
      if (finding.level === 'fail') failed += 1;
      if (finding.level === 'warn') warned += 1;
      process.stdout.write(writeFinding(finding, inColour));
    }
  };
  tell(ok(`ieum ${packageVersion()}, mode ${settings.mode}`, ...warnings));
  await examine(settings, tell);
  process.stdout.write(summary(failed, warned));
  return failed > 0 ? 1 : 0;
}

async function examine(settings: Settings, tell: Teller): Promise<void> {
  // The examined server's own log would break up the lines; it is shown to who asks for all of it.
  const log = settings.logLevel === 'debug' ? createLog(settings) : silentLog;
  const env = nodeEnv({ log });
  tell(
    checkNodeVersion(process.versions.node),
    readClock(),
    checkFileLimit(readLimits(), settings.totalQuota),
    await checkDataPath(settings.relayWorkers),
    checkReceiveBuffers(readReceiveBufferLimit()),
    ...checkAddresses(settings, ownAddresses()),
    ...(await checkAlternates(env, settings)),
    ...(await checkWebhook(settings)),
  );
  try {
    await examineServer(env, settings, tell);
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    tell(fail(`A server cannot be started: ${error.message}`));
  }
}

async function examineServer(env: Env, settings: Settings, tell: Teller): Promise<void> {
  const webIp = await reachableIp(settings.host);
  const web = await checkWebPort(listening(settings.host, webIp, settings.port), '--port', webIp);
  tell(web.finding);
  const host = turnHost(settings);
  const turnIp = await reachableIp(host);
  const turn = await checkTurnPort(env, listening(host, turnIp, settings.turnPort), '--turn-port', turnIp);
  tell(
    turn.finding,
    await checkRelayPorts(env.random, isWildcard(host) ? host : turnIp, settings.relayPorts),
  );
  // `ieum turn` has TLS on a port of its own.
  const tls =
    web.holder === 'ours' ? { ip: webIp, port: settings.port } : { ip: turnIp, port: settings.turnTlsPort };
  const subject =
    turn.holder === 'ours'
      ? runningSubject(env, settings, turnIp, tls)
      : await startSubject(env, settings, turnIp);
  try {
    tell(...(await checkCertificate(subject.tls, settings.cert !== undefined)));
    for (const transport of ['udp', 'tcp', 'tls'] as const) {
      tell(await checkStunTurn(env, subject, transport));
    }
  } finally {
    await subject.close();
  }
}

/** What to try to bind: a wildcard as it is, a name as the address that it stands for. */
function listening(host: string, ip: string, port: number): SocketAddress {
  return { ip: isWildcard(host) ? host : ip, port };
}

function summary(failed: number, warned: number): string {
  if (failed > 0) return `\n${failed} of these must be put right before calls work as configured.\n`;
  if (warned > 0) return `\nCalls will work; ${warned} of these will trouble somebody.\n`;
  return '\nEverything is ready for calls.\n';
}

/** `ieum doctor`: looks at everything that a call needs on this machine, says what it finds, and what to do. */
import { type Env, StackError, silentLog } from '../../base/index.ts';
import { nodeEnv, ownAddresses } from '../../node/index.ts';
import { type Loaded, packageVersion, type Settings, turnHost } from '../../server/index.ts';
import { isColourTerminal } from '../colour.ts';
import { createLog } from '../logger.ts';
import { checkAddresses } from './addresses.ts';
import { checkCertificate } from './certificate.ts';
import { readClock } from './clock.ts';
import { checkFileLimit, readLimits } from './file-limit.ts';
import { type Finding, fail, ok, writeFinding } from './finding.ts';
import { checkNodeVersion } from './node-version.ts';
import { checkTurnPort, checkWebPort, type PortReport } from './ports.ts';
import { checkStunTurn } from './stun-turn.ts';
import { reachableIp, runningSubject, type Subject, startSubject } from './subject.ts';

/** 0 when nothing has failed. Each line is written as soon as it is known. */
export async function doctorCommand({ settings, warnings }: Loaded): Promise<number> {
  const inColour = isColourTerminal(process.stdout);
  let failed = 0;
  let warned = 0;
  const tell = (...findings: readonly Finding[]): void => {
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

async function examine(settings: Settings, tell: (...findings: readonly Finding[]) => void): Promise<void> {
  // The examined server's own log would break up the lines; it is shown to who asks for all of it.
  const log = settings.logLevel === 'debug' ? createLog(settings) : silentLog;
  const env = nodeEnv({ log });
  tell(
    checkNodeVersion(process.versions.node),
    readClock(),
    checkFileLimit(readLimits(), settings.totalQuota),
    ...checkAddresses(settings, ownAddresses()),
  );
  const ips = { web: await reachableIp(settings.host), turn: await reachableIp(turnHost(settings)) };
  const web = await checkWebPort({ ip: settings.host, port: settings.port }, '--port', ips.web);
  const turn = await checkTurnPort(
    env,
    { ip: turnHost(settings), port: settings.turnPort },
    '--turn-port',
    ips.turn,
  );
  tell(web.finding, turn.finding);
  const subject = await findSubject(env, settings, ips.turn, web, turn).catch((error: unknown) => {
    if (!(error instanceof StackError)) throw error;
    tell(fail(`A server cannot be started: ${error.message}`));
    return undefined;
  });
  if (!subject) return;
  try {
    tell(...(await checkCertificate(subject.tls, settings.cert !== undefined)));
    for (const transport of ['udp', 'tcp', 'tls'] as const) {
      tell(await checkStunTurn(env, subject, transport));
    }
  } finally {
    await subject.close();
  }
}

/** The running server when there is one; `ieum turn` has TLS on a port of its own. */
function findSubject(
  env: Env,
  settings: Settings,
  ip: string,
  web: PortReport,
  turn: PortReport,
): Promise<Subject> {
  if (turn.holder !== 'ours') return startSubject(env, settings, ip);
  const tlsPort = web.holder === 'ours' ? settings.port : settings.turnTlsPort;
  return Promise.resolve().then(() => runningSubject(env, settings, ip, tlsPort));
}

function summary(failed: number, warned: number): string {
  if (failed > 0) return `\n${failed} of these must be put right before calls work as configured.\n`;
  if (warned > 0) return `\nCalls will work; ${warned} of these will trouble somebody.\n`;
  return '\nEverything is ready for calls.\n';
}

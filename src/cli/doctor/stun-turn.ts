/**
 * STUN and TURN as a browser uses them: an address, an allocation, a permission, a channel, and data to ourselves
 * through a second allocation. Over UDP, TCP and TLS.
 */
import { type Env, encodeUtf8, type Random, StackError } from '../../base/index.ts';
import { monotonicNow, openTurnLink, type TurnLink } from '../../node/index.ts';
import { type Finding, fail, ok } from './finding.ts';
import type { Subject } from './subject.ts';

export type Transport = 'udp' | 'tcp' | 'tls';

/** Enough that one slow one does not decide. */
const PINGS = 5;

/** What was being done, for the line that says where it ended. */
type Step = 'connect' | 'STUN' | 'allocate' | 'permission' | 'channel' | 'data';

export async function checkStunTurn(env: Env, subject: Subject, transport: Transport): Promise<Finding> {
  const progress: { step: Step } = { step: 'connect' };
  const links: TurnLink[] = [];
  try {
    return await callOurselves(env, subject, transport, links, progress);
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    const text = `TURN over ${transport.toUpperCase()}: ${progress.step} failed. ${error.message}`;
    return fail(text, ...adviceFor(error.code, subject, transport));
  } finally {
    await Promise.all(links.map((link) => link.close()));
  }
}

async function callOurselves(
  env: Env,
  subject: Subject,
  transport: Transport,
  links: TurnLink[],
  progress: { step: Step },
): Promise<Finding> {
  const { credentials } = subject;
  const open = async (over: Transport): Promise<TurnLink> => {
    const server = over === 'tls' ? subject.tls : subject.turn;
    // Whether the certificate is good is another check; here it must not hide how TURN is.
    const link = await openTurnLink(env, {
      server,
      transport: over,
      credentials,
      anyCertificate: true,
    });
    links.push(link);
    return link;
  };
  const near = await open(transport);
  progress.step = 'STUN';
  const { address } = await near.bind();
  progress.step = 'allocate';
  const far = await open(transport);
  const [nearRelay, farRelay] = [(await near.allocate()).relayed[0], (await far.allocate()).relayed[0]];
  if (!nearRelay || !farRelay) throw new StackError('STUN_ANSWER_INVALID', 'The answer holds no address.');
  progress.step = 'permission';
  await Promise.all([near.permit([farRelay.ip]), far.permit([nearRelay.ip])]);
  progress.step = 'data';
  await ping(env.random, near, far, nearRelay, farRelay);
  progress.step = 'channel';
  await Promise.all([near.bindChannel(farRelay), far.bindChannel(nearRelay)]);
  progress.step = 'data';
  const tripsMs: number[] = [];
  for (let i = 0; i < PINGS; i++) tripsMs.push(await ping(env.random, near, far, nearRelay, farRelay));
  const bestMs = Math.min(...tripsMs).toFixed(1);
  return ok(
    `STUN and TURN over ${transport.toUpperCase()}: seen as ${address.ip}, relayed by ${nearRelay.ip}, there and back in ${bestMs} ms.`,
  );
}

/** One message through both relays and back; resolves with the time in milliseconds. */
async function ping(
  random: Random,
  near: TurnLink,
  far: TurnLink,
  nearRelay: Parameters<TurnLink['send']>[0],
  farRelay: Parameters<TurnLink['send']>[0],
): Promise<number> {
  const text = `ieum ${random.uint32()}`;
  const startedAt = monotonicNow();
  near.send(farRelay, encodeUtf8(text));
  const { bytes } = await far.receive();
  far.send(nearRelay, bytes);
  const answer = await near.receive();
  if (new TextDecoder().decode(answer.bytes) !== text) {
    throw new StackError('STUN_ANSWER_INVALID', 'What came back is not what was sent.');
  }
  return monotonicNow() - startedAt;
}

function adviceFor(code: string, { running, turn, tls }: Subject, transport: Transport): string[] {
  const port = transport === 'tls' ? tls.port : turn.port;
  switch (code) {
    case 'STUN_TIMED_OUT':
    case 'TURN_CONNECTION_CLOSED':
      return [
        `Look whether a firewall on this machine stops ${transport === 'udp' ? 'UDP' : 'TCP'} ${port}, and let it through.`,
      ];
    case 'TURN_UNAUTHENTICATED':
    case 'STUN_INTEGRITY_VIOLATED':
      return running
        ? [
            'The running server has another secret: give the doctor the options that the server was started with (--turn-secret, --state-dir).',
          ]
        : ['Look whether the clock is right, and --realm is plain text.'];
    case 'TURN_QUOTA_REACHED':
      return ['The server has no allocation left: raise --total-quota or --user-quota.'];
    case 'TURN_NO_CAPACITY':
      return [
        'No relay port could be opened: look whether other programs hold those of --relay-ports, and whether the open files suffice.',
      ];
    default:
      return ['Run it again with --log-level debug and report it with the output.'];
  }
}

/**
 * Uses a STUN or TURN server by one transport as a call would, from the connection to the end of the allocation, and notes
 * what it sees. Judges nothing. RFC 8489, RFC 8656.
 */
import {
  type Env,
  encodeUtf8,
  familyOf,
  invariant,
  type SocketAddress,
  StackError,
} from '../../base/index.ts';
import {
  bindUdp,
  monotonicNow,
  openTurnLink,
  systemCodeOf,
  type TurnLink,
  TurnLinkError,
} from '../../node/index.ts';
import { MessageClass, MessageWriter, StunMethod } from '../../stun/index.ts';
import type { ClientCredentials } from '../../turn/index.ts';
import { exchangePackets } from './exchange-packets.ts';
import type { Attempt } from './plan.ts';
import type { Report, Step, Trouble } from './report.ts';
import { isUdpRefused } from './udp-refusal.ts';

export interface ExamineOptions {
  /** The name in the URI: certificates must be for it. */
  readonly host: string;
  /** `undefined`: only STUN can be tried. */
  readonly credentials: ClientCredentials | undefined;
  /** PEM of an authority to trust. */
  readonly ca: string | undefined;
  /** An address to which the server should let data go. */
  readonly peer: string | undefined;
  readonly packets: number;
  readonly patienceMs: number;
}

/** Datagrams from outside to the relayed address: some, because any of them may be lost. */
const REACH_PACKETS = 5;
const REACH_WAIT_MS = 400;
const BINDINGS = 3;

/** Never rejects for what a server or the network does. */
export async function examine(env: Env, attempt: Attempt, options: ExamineOptions): Promise<Report> {
  const { transport, server, optional } = attempt;
  const report: Report = { transport, server, optional, troubles: [] };
  const links: TurnLink[] = [];
  const open = async (): Promise<TurnLink> => {
    const link = await openTurnLink(env, {
      ...{ transport, server, patienceMs: options.patienceMs },
      ...{ serverName: options.host, ca: options.ca, credentials: options.credentials },
      anyCertificate: true, // it is judged by itself, and must not hide the rest
    });
    links.push(link);
    return link;
  };
  let step: Step = 'connect';
  try {
    const startedAt = monotonicNow();
    const link = await open();
    if (transport !== 'udp') report.connectMs = monotonicNow() - startedAt;
    note(report, { local: link.local, secure: link.secure });
    step = 'stun';
    report.stun = await askAddress(link);
    if (options.credentials) {
      for (step of ['allocate', 'permission', 'echo', 'reach', 'peer', 'refresh', 'end'] as const) {
        const goesOn = await STEPS[step]({ env, report, link, open, links, options });
        if (!goesOn) break;
      }
    }
  } catch (error) {
    report.troubles.push(await troubleOf(env, error, step, attempt));
  } finally {
    await Promise.all(links.map((link) => link.close()));
  }
  return report;
}

/** The best of some round trips: the first one pays for what is done once. */
async function askAddress(link: TurnLink): Promise<NonNullable<Report['stun']>> {
  let best: Report['stun'];
  for (let i = 0; i < BINDINGS; i++) {
    const askedAt = monotonicNow();
    const { address: mapped, roundTripMs = monotonicNow() - askedAt } = await link.bind();
    if (!best || roundTripMs < best.roundTripMs) best = { mapped, roundTripMs };
  }
  invariant(best, 'each of them has resolved');
  return best;
}

interface Work {
  readonly env: Env;
  readonly report: Report;
  readonly link: TurnLink;
  readonly open: () => Promise<TurnLink>;
  readonly links: TurnLink[];
  readonly options: ExamineOptions;
}

/** Each resolves with whether the next makes sense; what it rejects with ends the examination. */
const STEPS: Readonly<Record<Exclude<Step, 'connect' | 'stun'>, (work: Work) => Promise<boolean>>> = {
  async allocate({ report, link }) {
    const { family } = familyWish(report.server);
    const startedAt = monotonicNow();
    const { relayed, lifetimeSeconds } = await link.allocate(family === undefined ? {} : { family });
    const redirects = link.redirects.map(({ server }) => server);
    report.allocate = { ms: monotonicNow() - startedAt, relayed, lifetimeSeconds, redirects };
    return true;
  },

  async permission({ report, link, open }) {
    const far = await open();
    const { family } = familyWish(report.server);
    const farRelay = (await far.allocate(family === undefined ? {} : { family })).relayed[0];
    const nearRelay = report.allocate?.relayed[0];
    if (!farRelay || !nearRelay) return true;
    const startedAt = monotonicNow();
    try {
      await link.permit([farRelay.ip]);
      report.permissionMs = monotonicNow() - startedAt;
      await far.permit([nearRelay.ip]);
    } catch (error) {
      // A server that relays to no address of its own is still a relay.
      report.troubles.push(plainTrouble(error, 'permission'));
    }
    return true;
  },

  async echo({ report, link, links, options }) {
    const far = links.at(-1);
    const nearRelay = report.allocate?.relayed[0];
    if (!far || far === link || !nearRelay || report.permissionMs === undefined) return true;
    const farRelay = far.relayed[0];
    if (farRelay) report.echo = await exchangePackets(link, far, nearRelay, farRelay, options.packets);
    return true;
  },

  async reach({ report, link }) {
    const relayed = report.allocate?.relayed[0];
    const mapped = report.stun?.mapped;
    if (!relayed || !mapped || familyOf(relayed.ip) !== familyOf(mapped.ip)) return true;
    try {
      await link.permit([mapped.ip]);
    } catch {
      return true; // not every server lets data go to where its client is
    }
    report.reach = { sent: REACH_PACKETS, received: await countArrivals(link, relayed) };
    return true;
  },

  async peer({ report, link, options: { peer } }) {
    if (peer === undefined) return true;
    try {
      await link.permit([peer]);
      report.peer = { ip: peer, allowed: true };
    } catch (error) {
      report.peer = { ip: peer, allowed: false };
      report.troubles.push(plainTrouble(error, 'peer'));
    }
    return true;
  },

  async refresh({ report, link }) {
    const startedAt = monotonicNow();
    const { lifetimeSeconds } = await link.refresh();
    report.refresh = { ms: monotonicNow() - startedAt, lifetimeSeconds };
    return true;
  },

  async end({ report, link }) {
    report.ended = await link.close();
    return true;
  },
};

/** Relays of the family by which we came: the other one may not be there. */
function familyWish({ ip }: SocketAddress): { readonly family: 6 | undefined } {
  return { family: familyOf(ip) === 6 ? 6 : undefined };
}

/** From an ordinary socket to the relayed address: how many came through the relay to us. */
async function countArrivals(link: TurnLink, relayed: SocketAddress): Promise<number> {
  const socket = await bindUdp({ ip: familyOf(relayed.ip) === 4 ? '0.0.0.0' : '::', port: 0 });
  const arrived = new Set<string>();
  const deadline = monotonicNow() + REACH_WAIT_MS;
  for (let i = 0; i < REACH_PACKETS; i++) socket.send(encodeUtf8(`reach ${i}`), relayed);
  try {
    while (arrived.size < REACH_PACKETS && monotonicNow() < deadline) {
      const { bytes } = await link.receive(Math.max(1, deadline - monotonicNow()));
      const text = new TextDecoder().decode(bytes);
      if (text.startsWith('reach ')) arrived.add(text);
    }
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
  } finally {
    await socket.close();
  }
  return arrived.size;
}

async function troubleOf(env: Env, error: unknown, step: Step, attempt: Attempt): Promise<Trouble> {
  const trouble = plainTrouble(error, step);
  if (attempt.transport !== 'udp' || step !== 'stun' || trouble.code !== 'STUN_TIMED_OUT') return trouble;
  const id = env.random.bytes(12);
  const request = new MessageWriter(StunMethod.BINDING, MessageClass.REQUEST, id).finish();
  return (await isUdpRefused(attempt.server, request)) ? { ...trouble, system: 'ECONNREFUSED' } : trouble;
}

function plainTrouble(error: unknown, step: Step): Trouble {
  if (!(error instanceof StackError)) throw error;
  const failure = error instanceof TurnLinkError ? error.failure : undefined;
  return {
    step,
    code: error.code,
    status: failure?.status,
    reason: failure?.reason || error.message,
    system: systemCodeOf(error.cause) || undefined,
  };
}

function note(
  report: Report,
  { local, secure }: { local: Report['local'] | undefined; secure: Report['secure'] | undefined },
): void {
  if (local) report.local = local;
  if (secure) report.secure = secure;
}

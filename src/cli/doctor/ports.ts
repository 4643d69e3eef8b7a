/** Whether the ports of the settings are free, or held by a server of ours. */

import { get } from 'node:https';
import { createServer } from 'node:net';
import { type Env, type SocketAddress, StackError } from '../../base/index.ts';
import { bindError, bindUdp, openTurnLink } from '../../node/index.ts';
import { type Finding, fail, ok } from './finding.ts';

/** `ours`: something answers there as a server of ours does. */
type PortHolder = 'nobody' | 'ours' | 'somebody' | 'unusable';

export interface PortReport {
  readonly holder: PortHolder;
  readonly finding: Finding;
}

const PATIENCE_MS = 2_000;

/** `option`: the flag that chose the port. `reach`: an address by which a server on `address` is reached from here. */
export async function checkWebPort(
  address: SocketAddress,
  option: string,
  reach: string,
): Promise<PortReport> {
  const error = await tryTcp(address);
  const what = `${option} ${nameOf(address)} (TCP)`;
  if (error?.code !== 'ADDRESS_IN_USE') return report(what, error);
  return (await answersHealth({ ip: reach, port: address.port }))
    ? { holder: 'ours', finding: ok(`${what}: a running ieum has it.`) }
    : held(what, option);
}

export async function checkTurnPort(
  env: Env,
  address: SocketAddress,
  option: string,
  reach: string,
): Promise<PortReport> {
  const error = (await tryUdp(address)) ?? (await tryTcp(address));
  const what = `${option} ${nameOf(address)} (UDP and TCP)`;
  if (error?.code !== 'ADDRESS_IN_USE') return report(what, error);
  return (await answersStun(env, { ip: reach, port: address.port }))
    ? { holder: 'ours', finding: ok(`${what}: a running STUN server has it, taken for ieum.`) }
    : held(what, option);
}

function nameOf({ port }: SocketAddress): string {
  return port === 0 ? '0, any port' : String(port);
}

function report(what: string, error: StackError | undefined): PortReport {
  return error
    ? { holder: 'unusable', finding: fail(`${what}: ${error.message}`) }
    : { holder: 'nobody', finding: ok(`${what}: free.`) };
}

function held(what: string, option: string): PortReport {
  return {
    holder: 'somebody',
    finding: fail(
      `${what}: another program has it.`,
      `Stop that program, or choose another port with ${option}.`,
    ),
  };
}

async function tryUdp(address: SocketAddress): Promise<StackError | undefined> {
  if (address.port === 0) return undefined;
  try {
    const socket = await bindUdp(address);
    await socket.close();
    return undefined;
  } catch (error) {
    return error instanceof StackError ? error : bindError('UDP', address, error);
  }
}

function tryTcp(address: SocketAddress): Promise<StackError | undefined> {
  if (address.port === 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(bindError('TCP', address, error)));
    server.listen({ host: address.ip, port: address.port, exclusive: true }, () => {
      server.close(() => resolve(undefined));
    });
  });
}

/** The certificate is looked at by another check. */
function answersHealth({ ip, port }: SocketAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(
      { host: ip, port, path: '/healthz', rejectUnauthorized: false, agent: false, timeout: PATIENCE_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
  });
}

async function answersStun(env: Env, server: SocketAddress): Promise<boolean> {
  const link = await openTurnLink(env, { server, transport: 'udp', patienceMs: PATIENCE_MS });
  const answered = await link.bind().then(
    () => true,
    () => false, // silence is the answer looked for
  );
  await link.close();
  return answered;
}

/** Whatever happens to two agents, in whatever order: once the network is whole again, a restart connects them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Access, burstyLoss, type Host, type Network, type World } from '../../src/vnet/index.ts';
import { IceCall } from '../support/ice/call.ts';
import { pair } from '../support/vnet/pair.ts';

interface Stage {
  readonly world: World;
  readonly network: Network;
  readonly a: Host;
  readonly b: Host;
  readonly call: IceCall;
  moves: number;
}

type Deed = (stage: Stage) => void;

function accesses({ a, b }: Stage): Access[] {
  return [...a.accesses, ...b.accesses];
}

function move(stage: Stage, side: 'a' | 'b'): void {
  const { host } = stage.call[side];
  stage.moves += 1;
  for (const access of [...host.accesses]) host.leave(access);
  host.join(stage.network, [`198.18.0.${stage.moves}`], { latencyMs: 5 });
  stage.call[side].act((agent, now) => agent.handleInterfaces(now, host.interfaces()));
}

const DEEDS: Readonly<Record<string, Deed>> = {
  wait: ({ world }) => world.run(777),
  'wait long': ({ world }) => world.run(47_000),
  'lose everything': (stage) => {
    for (const access of accesses(stage)) access.change({ loss: 1 });
  },
  'lose in bursts': (stage) => {
    for (const access of accesses(stage)) access.change({ loss: burstyLoss(0.4, 5) });
  },
  'be whole': (stage) => {
    for (const access of accesses(stage)) access.change({ loss: 0 });
  },
  restart: ({ call }) => call.restart(),
  'begin a restart': ({ call }) => {
    call.a.act((agent, now) => agent.restart(now));
    call.a.gather();
  },
  'take it back': ({ call }) => call.a.act((agent, now) => agent.abandonRestart(now)),
  'a moves': (stage) => move(stage, 'a'),
  'b moves': (stage) => move(stage, 'b'),
  'a is unplugged': ({ call }) => {
    const { host } = call.a;
    for (const access of [...host.accesses]) host.leave(access);
    call.a.act((agent, now) => agent.handleInterfaces(now, host.interfaces()));
  },
  'roles are confused': ({ call }) => call.b.act((agent, now) => agent.setRole(now, 'controlling')),
  speak: ({ call }) => {
    call.a.say('ping');
    call.b.say('pong');
  },
};

test('a restart connects them in the end, and the pair they agree on carries words both ways', () => {
  const names = Object.keys(DEEDS);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(fc.constantFrom(...names), { maxLength: 25 }),
      (seed, deeds) => {
        const { world, network, a, b } = pair(seed);
        const call = new IceCall(a, b).start();
        const stage: Stage = { world, network, a, b, call, moves: 0 };
        for (const name of deeds) DEEDS[name]?.(stage);
        if (a.accesses.length === 0) move(stage, 'a');
        DEEDS['be whole']?.(stage);
        world.run(100);
        call.restart();
        world.run(100);
        assert.ok(call.connect(10_000), `${call.a.agent.state} ${call.b.agent.state}`);
        world.run(5_000);
        assert.ok(call.connected && call.converse());
        assert.deepEqual([call.a.agent.role, call.b.agent.role].sort(), ['controlled', 'controlling']);
        call.close();
        world.run(1_000);
        assert.deepEqual([a.socketCount, b.socketCount], [0, 0]);
      },
    ),
    { numRuns: 300, seed: 20_261_121 },
  );
});

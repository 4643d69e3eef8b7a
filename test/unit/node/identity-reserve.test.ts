import assert from 'node:assert/strict';
import test from 'node:test';
import type { DtlsIdentity } from '../../../src/dtls/index.ts';
import { IdentityReserve } from '../../../src/node/webrtc/identity-reserve.ts';
import type { IdentityWish } from '../../../src/webrtc/index.ts';

const HOUR_MS = 60 * 60 * 1000;
const KEY = { kind: 'ecdsa', curve: 'p-256', sign: () => new Uint8Array() } as const;

function stage() {
  const made: IdentityWish[] = [];
  const timers: (() => void)[] = [];
  const reserve = new IdentityReserve({
    make(wish): DtlsIdentity {
      made.push(wish);
      return { chain: [], key: KEY };
    },
    setTimer: (_delayMs, fire) => timers.push(fire),
  });
  const elapse = (): void => {
    for (const fire of timers.splice(0)) fire();
  };
  return { reserve, made, timers, elapse };
}

const ecdsa = (expires: number): IdentityWish => ({ kind: 'ecdsa', expires });

test('makes the next one ahead, and gives each once', () => {
  const { reserve, made, elapse } = stage();
  assert.equal(made.length, 0);
  const first = reserve.take(ecdsa(1000));
  elapse();
  assert.equal(made.length, 2);
  const second = reserve.take(ecdsa(2000));
  assert.equal(made.length, 2);
  const third = reserve.take(ecdsa(2000));
  assert.equal(made.length, 3);
  assert.equal(new Set([first, second, third]).size, 3);
});

test('holds one at most, however many were taken', () => {
  const { reserve, made, timers, elapse } = stage();
  for (let i = 0; i < 10; i++) reserve.take(ecdsa(1000));
  assert.equal(timers.length, 1);
  elapse();
  assert.equal(made.length, 11);
  elapse();
  assert.equal(made.length, 11);
});

test('an old one, or one of a clock that was set back, is thrown away', () => {
  for (const expires of [1000 + HOUR_MS + 1, 999]) {
    const { reserve, made, elapse } = stage();
    reserve.take(ecdsa(1000));
    elapse();
    reserve.take(ecdsa(expires));
    assert.deepEqual(made.at(-1), ecdsa(expires));
  }
});

test('RSA keys, which take long, are made when they are asked for only', () => {
  const { reserve, made, timers } = stage();
  reserve.take({ kind: 'rsa', expires: 1000 });
  assert.equal(made.length, 1);
  assert.equal(timers.length, 0);
});

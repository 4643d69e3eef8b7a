/**
 * Writes what befalls allocations to the log, at the level for finding faults, since it names clients by their
 * addresses; refusals and floods at the ordinary level, one line for each kind in ten seconds.
 */
import { formatAddress, type Log } from '../base/index.ts';
import { FloodLog } from './flood-log.ts';
import type { TurnFact, TurnServiceStatistics } from './turn/turn-service.ts';

/** Scanners make some noise everywhere; from here on it is worth a line. In ten seconds. */
const NOISE_WORTH_TELLING = 500;

/** What somebody may wonder about. A stale nonce (438) or a lost allocation (437) is the daily course of things. */
const REFUSALS_WORTH_TELLING: ReadonlyMap<number, string> = new Map([
  [300, 'TURN clients were sent to another server'],
  [401, 'TURN clients were refused: unknown user, wrong password or expired credentials (401)'],
  [403, 'TURN clients asked for peers that are not allowed (403)'],
  [441, 'TURN clients used credentials of somebody else (441)'],
  [486, 'TURN clients were refused: quota reached (486)'],
  [508, 'TURN clients were refused: no room left (508)'],
]);

export class TurnFactLog {
  readonly floods: FloodLog;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
    this.floods = new FloodLog({ log });
  }

  /** Counters that a flood would raise. `read` may answer before the listeners are there. */
  watch(read: () => TurnServiceStatistics | undefined): void {
    const counter = (pick: (now: TurnServiceStatistics) => number) => (): number => {
      const now = read();
      return now ? pick(now) : 0;
    };
    this.floods.watch(
      'datagrams came that are no STUN, or broken',
      counter((now) => now.malformed),
      NOISE_WORTH_TELLING,
    );
    this.floods.watch(
      'unauthenticated STUN requests were not answered: too many from one source',
      counter((now) => now.rateLimited),
      NOISE_WORTH_TELLING,
    );
    this.floods.watch(
      'clients that are kept out tried to come in',
      counter((now) => now.unwelcome),
      NOISE_WORTH_TELLING,
    );
  }

  note(fact: TurnFact): void {
    const log = this.#log;
    const leg = { client: formatAddress(fact.leg.client), transport: fact.leg.transport };
    switch (fact.type) {
      case 'allocation-created': {
        const { username, lifetimeSeconds } = fact;
        log.debug('an allocation was made', {
          ...leg,
          username,
          lifetimeSeconds,
          relayed: fact.relayed.map(formatAddress),
        });
        return;
      }
      case 'allocation-ended': {
        const { username, reason, traffic, lastedMs } = fact;
        log.debug('an allocation ended', {
          ...leg,
          username,
          reason,
          traffic,
          lastedMs: Math.round(lastedMs),
        });
        return;
      }
      case 'allocation-moved':
        log.debug('an allocation moved', { ...leg, from: formatAddress(fact.from.client) });
        return;
      case 'refused': {
        const { method, code } = fact;
        log.debug('a TURN request was refused', { ...leg, method, code });
        const kind = REFUSALS_WORTH_TELLING.get(code);
        if (kind !== undefined) this.floods.note(kind, { ...leg, method }, fact.leg.client.ip);
      }
    }
  }
}

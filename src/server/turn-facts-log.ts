/** Writes what befalls allocations to the log, at the level for finding faults: it names clients by their addresses. */
import { formatAddress, type Log } from '../base/index.ts';
import type { TurnFact } from './turn/turn-service.ts';

export function logTurnFact(log: Log, fact: TurnFact): void {
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
      log.debug('an allocation ended', { ...leg, username, reason, traffic, lastedMs: Math.round(lastedMs) });
      return;
    }
    case 'allocation-moved':
      log.debug('an allocation moved', { ...leg, from: formatAddress(fact.from.client) });
      return;
    case 'refused':
      log.debug('a TURN request was refused', { ...leg, method: fact.method, code: fact.code });
  }
}

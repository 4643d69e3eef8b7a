/** What others may hear of a TURN machine's events: facts for logs and metrics, not the orders to its shell. */
import type { TurnServerEvent } from '../../turn/index.ts';

export type TurnFact = Exclude<
  TurnServerEvent,
  {
    readonly type:
      | 'open-relay'
      | 'close-relay'
      | 'close-leg'
      | 'leg-released'
      | 'hand-over'
      | 'want-credentials'
      | 'connect-peer'
      | 'join-connection'
      | 'close-connection';
  }
>;

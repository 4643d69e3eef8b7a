/** What an operator can do to a running server, whether it serves pages or relays alone. */
import type { SessionFacts, SessionFilter } from '../turn/index.ts';
import type { Settings } from './settings/options.ts';

export interface Operable {
  /** Takes up what can change while it runs. Rejects with a StackError, and has changed nothing then. */
  reconfigure(next: Settings): Promise<void>;
  /** Every allocation that lives. */
  sessions(): Promise<readonly SessionFacts[]>;
  /** Ends what fits; resolves with how many. */
  kick(filter: SessionFilter): Promise<number>;
}

/** Descriptions of ours: those that were made, and those that were applied. */
import type { Description } from '../session-port.ts';
import type { LocalSession } from './local-session.ts';

/** One that `createOffer` or `createAnswer` has given out. */
export interface CreatedDescription {
  readonly sdp: string;
  readonly session: LocalSession;
  readonly version: number;
  /** The state of the session that it describes: another number, another state. */
  readonly revision: number;
}

/** One that was applied. Its candidates are kept elsewhere. */
export interface LocalDescription {
  readonly type: Exclude<Description['type'], 'rollback'>;
  readonly session: LocalSession;
  readonly version: number;
}

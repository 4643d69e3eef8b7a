/** What every generation of one agent shares. */
import type { Env } from '../base/index.ts';
import type { GathererPort } from './gatherer-port.ts';
import type { LocalBook } from './local-book.ts';
import type { IceLimits, IceTiming } from './options.ts';
import type { RoleKeeper } from './role-keeper.ts';

export interface IceContext {
  readonly env: Env;
  readonly timing: IceTiming;
  readonly limits: IceLimits;
  readonly lite: boolean;
  readonly role: RoleKeeper;
  readonly gatherer: GathererPort;
  readonly book: LocalBook;
  /** `pair-7`, never twice. */
  newId(kind: 'pair' | 'remote'): string;
}

/** The shape of the sentences for everything that a call may refuse or fail with. */
import type { ClientErrorCode } from '../../../src/client/index.ts';
import type { SignalingErrorCode } from '../../../src/signaling/index.ts';

export type ErrorCode = SignalingErrorCode | ClientErrorCode;

export interface ErrorWords {
  readonly known: Record<ErrorCode, string>;
  /** For a code that is newer than this page. */
  readonly unknown: string;
}

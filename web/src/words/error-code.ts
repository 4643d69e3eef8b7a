/** Everything that a call may refuse or fail with; the page has words for each. */
import type { ClientErrorCode } from '../../../src/client/index.ts';
import type { SignalingErrorCode } from '../../../src/signaling/index.ts';

export type ErrorCode = SignalingErrorCode | ClientErrorCode;

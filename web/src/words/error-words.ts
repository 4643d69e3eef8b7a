/** The sentences for everything that a call may refuse or fail with, by stable code. */
import type { ClientErrorCode } from '../../../src/client/index.ts';
import type { SignalingErrorCode } from '../../../src/signaling/index.ts';

export type ErrorWords = Readonly<Record<SignalingErrorCode | ClientErrorCode, string>>;

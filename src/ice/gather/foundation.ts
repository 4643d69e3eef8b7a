/** Foundations: equal for candidates that are likely to share their fate. RFC 8445 §5.1.1.3. */

import { crc32, encodeUtf8 } from '../../base/index.ts';
import type { CandidateType, IceProtocol } from '../candidate-types.ts';

export interface FoundationOf {
  readonly type: CandidateType;
  readonly baseIp: string;
  /** The address that a STUN or TURN server was reached at. */
  readonly serverIp: string | undefined;
  readonly protocol: IceProtocol;
}

/**
 * Up to ten digits. `salt` keeps others from finding out, by trying, the address that a foundation was made of. Two that
 * should differ and do not (one in 2³²) cost no more than an order of checks.
 */
export function foundationOf(salt: string, { type, baseIp, serverIp, protocol }: FoundationOf): string {
  return String(crc32(encodeUtf8([salt, type, protocol, baseIp, serverIp ?? ''].join(' '))));
}

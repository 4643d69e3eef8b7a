/** Which candidate stands in the m= and c= lines, for those that know no ICE. RFC 8839 §4.2.1.2, §5.1. */
import { parseIp } from '../../base/index.ts';
import type { CandidateAttribute, Connection } from '../../sdp/index.ts';

export interface DefaultCandidate {
  readonly port: number;
  readonly connection: Connection;
}

/** RFC 8839 §4.2.1.2: relayed ones are the most likely to work, then reflexive ones. */
const LIKELIHOOD: readonly string[] = ['relay', 'srflx', 'host'];

/** `undefined`: none has a UDP address that can be told; a name of mDNS cannot. */
export function defaultCandidateOf(candidates: readonly CandidateAttribute[]): DefaultCandidate | undefined {
  for (const type of LIKELIHOOD) {
    for (const candidate of candidates) {
      if (candidate.type !== type || candidate.transport !== 'udp' || candidate.component !== 1) continue;
      const bytes = parseIp(candidate.address);
      if (!bytes) continue;
      const addrType = bytes.length === 4 ? 'IP4' : 'IP6';
      return { port: candidate.port, connection: { netType: 'IN', addrType, address: candidate.address } };
    }
  }
  return undefined;
}

/** Floor 3: connectivity as a machine. No I/O. RFC 8445. */

export { IceAgent } from './agent.ts';
export type { AgentStatistics, PairStatistics } from './agent-statistics.ts';
export type { CandidateType, IceGatheringError, IceProtocol, TcpType } from './candidate-types.ts';
export { createIceCredentials, type IceCredentials } from './credentials.ts';
export type { IceEvent, IceGatheringState, IceRole, IceState, PairEnd, SelectedPair } from './events.ts';

export type { IceRequest, IceTransmit, SocketFacts, SocketId } from './io.ts';
export { type MdnsEvent, MdnsNode } from './mdns/index.ts';
export { type MuxMember, UdpMux, type UdpMuxStatistics } from './mux/index.ts';
export {
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type IceAgentOptions,
  type IceLimits,
  type IcePolicy,
  type IceServer,
  type IceTiming,
} from './options.ts';

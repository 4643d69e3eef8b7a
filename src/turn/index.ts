/** Floor 2: TURN, server and client, as machines. No I/O. RFC 8656. */

export { type AccessToken, openAccessToken, sealAccessToken } from './access-token.ts';
export type { FoundCredentials } from './asked-credentials.ts';
export { decodeIcmp, type IcmpError } from './attributes.ts';
export {
  type BandwidthLedger,
  type Direction,
  LocalBandwidthLedger,
} from './bandwidth-ledger.ts';
export { channelDataOf, channelNumberOf, encodeChannelData, isChannelData } from './channel-data.ts';
export { TurnClient } from './client.ts';
export { type RetryAdvice, retryAdvice } from './client-advice.ts';
export type { ClientTask, TurnClientErrorCode, TurnClientEvent, TurnFailure } from './client-events.ts';
export type { ClientCredentials, PasswordCredentials, TokenCredentials } from './client-identity.ts';
export type { AllocateOptions, ClientTransport, SendOptions, TurnClientOptions } from './client-options.ts';
export type { Alternate } from './client-redirects.ts';
export { TurnAttribute, TurnMethod } from './code-points.ts';
export { type ConnectionId, connectionId } from './connection-id.ts';
export type { DataConnectionEvent, TurnDataConnection } from './data-connection.ts';
export { writeDataIndication } from './data-indication.ts';
export { isReliable, type Leg, type LegId, legId } from './leg.ts';
export { PeerPolicy, type PeerRefusal } from './peer-policy.ts';
export { LocalQuotaLedger, type QuotaLedger, TOTAL_QUOTA } from './quota-ledger.ts';
export { type RelayId, type RelayProtocol, relayId } from './relay.ts';
export {
  mintRestCredentials,
  parseRestName,
  type RestCredentials,
  type RestName,
  restPassword,
} from './rest-credentials.ts';
export { type Route, RouteMemo } from './route.ts';
export { TurnServer } from './server.ts';
export type { AllocationEnd, TurnServerEvent, TurnStatistics, TurnTransmit } from './server-events.ts';
export {
  type AlternateServer,
  type BandwidthLimits,
  DEFAULT_LIFETIMES,
  DEFAULT_LIMITS,
  type OauthKey,
  type PeerPolicyOptions,
  type RelayAddresses,
  type StaticUser,
  type TurnCapabilities,
  type TurnLifetimes,
  type TurnLimits,
  type TurnServerChanges,
  type TurnServerOptions,
} from './server-options.ts';
export type { SessionFacts, SessionFilter } from './session-facts.ts';
export { type PortSlice, portSlice, type Shard } from './shard.ts';
export type { Traffic } from './traffic.ts';

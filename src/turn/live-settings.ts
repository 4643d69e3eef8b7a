/** What a running machine goes by: the options, filled up with defaults, and exchanged by a reload. Checks nothing. */
import {
  type AlternateServer,
  DEFAULT_LIFETIMES,
  DEFAULT_LIMITS,
  type TurnCapabilities,
  type TurnLifetimes,
  type TurnLimits,
  type TurnServerChanges,
  type TurnServerOptions,
} from './server-options.ts';

/** Shared by the parts of one machine, which look here each time. */
export interface LiveSettings {
  lifetimes: TurnLifetimes;
  limits: TurnLimits;
  quotas: TurnServerOptions['quotas'];
  strictExpiry: boolean;
  alternateServers: readonly AlternateServer[];
  mobility: boolean;
  tcpRelay: boolean;
  readonly capabilities: TurnCapabilities;
  draining: boolean;
}

export function liveSettings(options: TurnServerOptions): LiveSettings {
  return {
    lifetimes: { ...DEFAULT_LIFETIMES, ...options.lifetimes },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    quotas: options.quotas,
    strictExpiry: options.strictExpiry ?? false,
    alternateServers: options.alternateServers ?? [],
    mobility: options.mobility ?? false,
    tcpRelay: options.tcpRelay ?? false,
    capabilities: options.capabilities ?? { dontFragment: false, icmp: false },
    draining: false,
  };
}

/** What `changed` names is replaced; of limits and lifetimes, only those it names. */
export function applyChanges(live: LiveSettings, changed: TurnServerChanges): void {
  live.lifetimes = { ...live.lifetimes, ...changed.lifetimes };
  live.limits = { ...live.limits, ...changed.limits };
  live.quotas = changed.quotas ?? live.quotas;
  live.strictExpiry = changed.strictExpiry ?? live.strictExpiry;
  live.alternateServers = changed.alternateServers ?? live.alternateServers;
  live.tcpRelay = changed.tcpRelay ?? live.tcpRelay;
  live.mobility = changed.mobility ?? live.mobility;
}

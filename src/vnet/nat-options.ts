/** How a NAT behaves, in the words of RFC 4787, and the four kinds that people speak of. */
import type { Millis } from '../base/index.ts';

/** What a mapping, or a filter, looks at beside the inner address. RFC 4787 §4.1, §5. */
export type NatBehaviour = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

export interface NatOptions {
  readonly mapping: NatBehaviour;
  readonly filtering: NatBehaviour;
  /** Two inner hosts reach each other by their outer addresses. RFC 4787 §6. */
  readonly hairpin: boolean;
  /** A UDP mapping ends after so long without use. RFC 4787 REQ-5: at least 2 minutes; many give 30 seconds. */
  readonly mappingLifetimeMs: Millis;
  /** What comes in keeps a mapping alive too. RFC 4787 REQ-6: what goes out MUST. */
  readonly inboundRefresh: boolean;
  /** The outer port is the inner one where it is free. RFC 4787 §4.2.1. */
  readonly preservePort: boolean;
  /** Outer ports that it gives out, inclusive. */
  readonly ports: { readonly min: number; readonly max: number };
}

/** RFC 5382 REQ-5: an established TCP connection, 2 hours and 4 minutes. */
export const TCP_MAPPING_LIFETIME_MS: Millis = 7_440_000;

export type NatKind = 'full-cone' | 'restricted' | 'port-restricted' | 'symmetric';

const COMMON: Omit<NatOptions, 'mapping' | 'filtering'> = {
  hairpin: false,
  mappingLifetimeMs: 120_000,
  inboundRefresh: false,
  preservePort: true,
  ports: { min: 1024, max: 65_535 },
};

/** RFC 3489 §5 named them; RFC 4787 §3 says why the words above are better. */
export const NAT_PRESETS: Readonly<Record<NatKind, NatOptions>> = {
  'full-cone': { ...COMMON, mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
  restricted: { ...COMMON, mapping: 'endpoint-independent', filtering: 'address-dependent' },
  'port-restricted': { ...COMMON, mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
  symmetric: {
    ...COMMON,
    mapping: 'address-and-port-dependent',
    filtering: 'address-and-port-dependent',
    preservePort: false,
  },
};

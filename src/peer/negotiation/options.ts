/** What a negotiation has to know of its session. */
import type { Random } from '../../base/index.ts';
import type { Fingerprint } from '../../dtls/index.ts';
import type { BundlePolicy } from './remote-session.ts';

export interface NegotiationOptions {
  /** Session id, ICE credentials, tls-id. */
  readonly random: Random;
  /** Of every certificate of ours, at least one. RFC 8122 §5. */
  readonly fingerprints: readonly Fingerprint[];
  readonly bundlePolicy: BundlePolicy;
  /** The largest message that we take, in bytes: `a=max-message-size`. 0: any. */
  readonly maxMessageBytes: number;
}

/**
 * What applying a description means for the transport below: plain data, to be carried out in order. Knows nothing of
 * how it is done. RFC 9429 §5.7, §5.9 … §5.11.
 */
import type { Fingerprint } from '../../dtls/index.ts';
import type { CandidateAttribute } from '../../sdp/index.ts';

/** Of one generation. RFC 8839 §5.4. */
export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

export interface RemoteIce extends IceCredentials {
  readonly lite: boolean;
  /** It takes candidates one by one. RFC 8840 §4. */
  readonly trickle: boolean;
}

/** RFC 8842 §5.2: `active` is the client. */
export type DtlsRole = 'client' | 'server';

export interface SctpAgreement {
  readonly localPort: number;
  readonly remotePort: number;
  /** The largest message that the peer takes. 0: any. RFC 8841 §6.1. */
  readonly remoteMaxMessageBytes: number;
}

export type NegotiationStep =
  /** Our offer gave way to theirs: in between, the signaling state was `stable`. webrtc.html §4.4.2. */
  | { readonly step: 'yield' }
  /** RFC 8445 §6.1.1. Comes before the first generation is used, and again when a restart decides anew. */
  | { readonly step: 'ice-role'; readonly role: 'controlling' | 'controlled' }
  /** A generation of our own begins. `restart`: another is in use, and stays so until `remote-ice`. */
  | { readonly step: 'gather'; readonly ice: IceCredentials; readonly restart: boolean }
  /** The restart that `gather` began is taken back: the generation before it stays. RFC 9429 §5.7. */
  | { readonly step: 'abandon-restart'; readonly ice: IceCredentials }
  /** The first generation is taken back: no transport is left. */
  | { readonly step: 'abandon-transport' }
  /** Checks with these from here on. Comes once per generation, before its candidates. */
  | { readonly step: 'remote-ice'; readonly ice: RemoteIce }
  | { readonly step: 'remote-candidate'; readonly candidate: CandidateAttribute }
  | { readonly step: 'end-of-remote-candidates' }
  /** A new DTLS association; one that there is ends. RFC 8842 §4. */
  | { readonly step: 'dtls'; readonly role: DtlsRole; readonly fingerprints: readonly Fingerprint[] }
  /** A new SCTP association over it; one that there is ends. RFC 8841 §10. */
  | { readonly step: 'sctp'; readonly agreed: SctpAgreement }
  /** The association stays; the peer takes messages of another size. */
  | { readonly step: 'sctp-message-size'; readonly remoteMaxMessageBytes: number }
  | { readonly step: 'close-sctp' }
  /** No section is left that uses the transport. RFC 8839 §4.4.3.1. */
  | { readonly step: 'close-transport' };

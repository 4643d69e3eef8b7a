/** What a connection tells the layer above. */
import type { AgreementGroup } from '../base/index.ts';
import type { CipherSuiteName } from './cipher-suites.ts';
import type { DtlsErrorCode } from './fault.ts';
import type { SrtpProfileName } from './srtp-profiles.ts';

export type DtlsEvent =
  /** The handshake waits for `acceptPeer` or `rejectPeer`. DER, the peer's own certificate first. */
  | { readonly type: 'peer-certificate'; readonly chain: readonly Uint8Array[] }
  | ({ readonly type: 'connected' } & DtlsConnectionFacts)
  /** The plaintext of one record; given away. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'closed'; readonly by: 'us' | 'peer' }
  | {
      readonly type: 'failed';
      readonly code: DtlsErrorCode;
      /** What happened, what was expected. */
      readonly message: string;
      /** The RFC's name of the alert that the other side sent. */
      readonly alert: string | undefined;
      /** And of the one that we sent. */
      readonly sentAlert: string | undefined;
    };

export interface DtlsConnectionFacts {
  readonly suite: CipherSuiteName;
  readonly group: AgreementGroup;
  readonly extendedMasterSecret: boolean;
  readonly srtpProfile: SrtpProfileName | undefined;
  readonly applicationProtocol: string | undefined;
  /** What the client asked for. */
  readonly serverName: string | undefined;
  /** DER, the peer's own certificate first; empty where none was asked for. */
  readonly peerChain: readonly Uint8Array[];
}

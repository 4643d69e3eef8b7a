/** Where the certificate in use comes from, and how others learn of a new one. */
import type { Credentials } from './local-ca.ts';

export interface CertificateSource {
  readonly current: Credentials;
  /** The certificate of our own authority in PEM; `undefined` when the certificate was given by `--cert`. */
  readonly authority: string | undefined;
  /** Looks for changes now; timers do it by themselves. */
  check(): Promise<void>;
  close(): void;
}

export type CredentialsListener = (credentials: Credentials) => void;

/** What a W3C surface stands on: sockets, time and tasks, of Node or of a simulated network. Interfaces only. */
import type { Env, Millis, Platform } from '../base/index.ts';
import type { DtlsIdentity } from '../dtls/index.ts';

/** What kind of key, and how long the certificate is good for. */
export interface IdentityWish {
  readonly kind: 'ecdsa' | 'rsa';
  /** Milliseconds since 1970. */
  readonly expires: Millis;
}

export interface WebRtcShell {
  readonly env: Env;
  readonly platform: Platform;
  /** Monotonic. */
  now(): Millis;
  /** A timer does not keep the process alive. */
  setTimer(delayMs: Millis, fire: () => void): { cancel(): void };
  /** Runs `task` soon, alone: promises that it settles are followed before the next task. HTML §8.1.7. */
  queueTask(task: () => void): void;
  /** Answers for a name of ours on the local link until `close`, which is idempotent. Without it no name is told. RFC 6762. */
  announceName?(name: string, ip: string): { close(): void };
  /** A fresh key and a certificate that vouches for itself, at once: of a connection that was given none. */
  createIdentity(wish: IdentityWish): DtlsIdentity;
  /** The same, without holding up anything meanwhile: an RSA key takes long. */
  generateIdentity(wish: IdentityWish): Promise<DtlsIdentity>;
}

/**
 * What the client's and the server's handshake share: how the connection feeds them, and what they ask of it. A handshake
 * of another version would fit into the same frame.
 */
import type { AgreementGroup, CryptoProvider, Random } from '../base/index.ts';
import type { CipherSuite } from './cipher-suites.ts';
import type { DtlsFault } from './fault.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import type { KeySchedule } from './key-schedule.ts';
import type { ResolvedOptions } from './options.ts';
import type { SrtpProfileName } from './srtp-profiles.ts';

/** A piece of a flight, and the epoch it is sent in. */
export type FlightItem =
  | { readonly kind: 'message'; readonly epoch: 0 | 1; readonly message: HandshakeMessage }
  | { readonly kind: 'change-cipher-spec'; readonly epoch: 0 };

export interface HandshakeHost {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  readonly options: ResolvedOptions;
  /** Transmits, and again until the next flight arrives. With `last` none is awaited: it is repeated when asked for. */
  sendFlight(items: readonly FlightItem[], last: 'last' | 'awaits-answer'): void;
  /** From now on records of epoch 1 can be sealed and opened. */
  useKeys(suite: CipherSuite, schedule: KeySchedule): void;
  /** Hands in no more messages until somebody has judged. The chain is given away. */
  askAboutPeer(chain: readonly Uint8Array[]): void;
}

export interface HandshakeResult {
  readonly suite: CipherSuite;
  readonly group: AgreementGroup;
  readonly schedule: KeySchedule;
  readonly extendedMasterSecret: boolean;
  readonly srtpProfile: SrtpProfileName | undefined;
  readonly applicationProtocol: string | undefined;
  /** What the client asked for. */
  readonly serverName: string | undefined;
  /** DER; empty where none was asked for. */
  readonly peerChain: readonly Uint8Array[];
}

export interface Handshake {
  /** Takes the messages of the other side in order. */
  handleMessage(message: HandshakeMessage): DtlsFault | undefined;
  /** There once both Finished have been checked and sent. */
  readonly result: HandshakeResult | undefined;
}

/**
 * TURN over TLS and over DTLS on one port number, as clients expect of 5349: TCP for the one, UDP for the other.
 * RFC 8656 §4 and §5, RFC 7350 §4.
 */
import { type Log, StackError } from '../../base/index.ts';
import { isFastCipher } from '../../node/index.ts';
import { type Front, openFront } from '../front/front.ts';
import type { DtlsCredentials } from './dtls-legs.ts';
import type { TurnService } from './turn-service.ts';

export interface SecurePortOptions {
  /** A local address, `0.0.0.0` or `::`. */
  readonly host: string;
  /** 0 takes one that is free for both. */
  readonly port: number;
  readonly credentials: DtlsCredentials;
  readonly dtls: boolean;
  readonly turn: TurnService;
  readonly log: Log;
}

/** A port that the system gives for TCP may be taken for UDP: then it gives another. */
const PORT_ATTEMPTS = 10;

/** Rejects with a StackError of `bindError`; nothing stays open then, and `turn` listens for no DTLS. */
export async function openSecurePort(options: SecurePortOptions): Promise<SecurePort> {
  const { host, port, credentials, log, turn } = options;
  for (let attemptsLeft = port === 0 ? PORT_ATTEMPTS : 1; ; attemptsLeft -= 1) {
    const front = await openFront({
      host,
      port,
      credentials,
      log,
      admits: (ip) => turn.admits(ip),
      isBalancer: (ip) => turn.isBalancer(ip),
      onStun: turn.acceptStream.bind(turn),
    });
    try {
      if (options.dtls) await listenDtls(options, front.local.port);
      return new SecurePort(front, turn, log);
    } catch (error) {
      await front.close();
      const isTaken = error instanceof StackError && error.code === 'ADDRESS_IN_USE';
      if (attemptsLeft <= 1 || !isTaken) throw error;
    }
  }
}

/** A certificate that TLS takes and DTLS does not (Ed25519, P-521) leaves DTLS off; that is no reason not to start. */
async function listenDtls({ turn, credentials, log }: SecurePortOptions, port: number): Promise<void> {
  try {
    await turn.listenDtls({ port, credentials });
    log.debug('TURN over DTLS is served.', {
      port,
      ciphers: isFastCipher('aes-128-gcm') ? 'OpenSSL through koffi' : 'node:crypto',
    });
  } catch (error) {
    if (error instanceof StackError) throw error;
    log.warn('TURN over DTLS is off: the certificate is not fit for it.', { error: String(error) });
  }
}

export class SecurePort {
  readonly #front: Front;
  readonly #turn: TurnService;
  readonly #log: Log;

  constructor(front: Front, turn: TurnService, log: Log) {
    this.#front = front;
    this.#turn = turn;
    this.#log = log;
  }

  /** Of TCP and UDP. */
  get port(): number {
    return this.#front.local.port;
  }

  /** For the connections that begin from now on. */
  setCredentials(credentials: DtlsCredentials): void {
    this.#front.setCredentials(credentials);
    try {
      this.#turn.setDtlsCredentials(credentials);
    } catch (error) {
      this.#log.warn('TURN over DTLS keeps its certificate: the renewed one is not fit for it.', {
        error: String(error),
      });
    }
  }

  /** The side of TCP; DTLS ends with the TURN service. */
  close(): Promise<void> {
    return this.#front.close();
  }
}

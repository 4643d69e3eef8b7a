/** DTLS over a UDP socket of our own as the way to a server. RFC 7350. */
import { type Env, StackError } from '../../base/index.ts';
import { DtlsConnection, type DtlsConnectionFacts, type DtlsEvent } from '../../dtls/index.ts';
import { type Driver, driveMachine } from '../driver.ts';
import { type CertificateFacts, judgeChain } from './certificate-facts.ts';
import type { PipeHandlers, PipeOptions, SecureFacts, TurnPipe } from './pipe.ts';
import { openUdpPipe } from './udp-pipe.ts';

/** Rejects with StackError `TURN_CONNECTION_CLOSED`, or a `BindErrorCode`. */
export async function openDtlsPipe(
  env: Env,
  options: PipeOptions,
  handlers: PipeHandlers,
): Promise<TurnPipe> {
  const pipe = new DtlsPipe(env, options, handlers);
  await pipe.open();
  return pipe;
}

class DtlsPipe implements TurnPipe {
  readonly #env: Env;
  readonly #options: PipeOptions;
  readonly #handlers: PipeHandlers;
  readonly #machine: DtlsConnection;
  readonly #driver: Driver;
  #udp: TurnPipe | undefined;
  #settle: ((error?: StackError) => void) | undefined;
  #certificate: CertificateFacts | undefined;
  #agreed: DtlsConnectionFacts | undefined;
  #closed = false;

  constructor(env: Env, options: PipeOptions, handlers: PipeHandlers) {
    const { serverName, patienceMs } = options;
    this.#env = env;
    this.#options = options;
    this.#handlers = handlers;
    this.#machine = new DtlsConnection(env, {
      peer: { kind: 'ask' },
      ...(serverName !== undefined && { serverName }),
      applicationProtocols: ['stun.turn'], // RFC 7443 §3
      handshakeMs: patienceMs,
    });
    this.#driver = driveMachine(this.#machine, {
      onTransmit: (bytes) => this.#udp?.send(bytes, options.server),
      onEvent: (event) => this.#handleEvent(event),
      onFailure: (error) => this.#end(String(error)),
    });
  }

  get local(): TurnPipe['local'] {
    return this.#udp?.local ?? { ip: '0.0.0.0', port: 0 };
  }

  get secure(): SecureFacts | undefined {
    return (
      this.#agreed && {
        protocol: 'DTLSv1.2',
        cipher: this.#agreed.suite,
        applicationProtocol: this.#agreed.applicationProtocol,
        certificate: this.#certificate,
      }
    );
  }

  async open(): Promise<void> {
    const { server } = this.#options;
    this.#udp = await openUdpPipe(this.#options, {
      onBytes: (from, bytes) => {
        if (from.ip !== server.ip || from.port !== server.port) return;
        this.#driver.run((now) => this.#machine.handleDatagram(now, bytes));
      },
      onClosed: () => {},
    });
    const opened = new Promise<void>((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
    });
    this.#driver.run((now) => this.#machine.connect(now));
    await opened.catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
  }

  send(bytes: Uint8Array): void {
    this.#driver.run((now) => void this.#machine.send(now, bytes));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#driver.run((now) => this.#machine.close(now));
    this.#driver.close();
    await this.#udp?.close();
  }

  #handleEvent(event: DtlsEvent): void {
    switch (event.type) {
      case 'peer-certificate':
        this.#judge(event.chain);
        return;
      case 'connected':
        this.#agreed = event;
        this.#settle?.();
        return;
      case 'data':
        if (!this.#closed) this.#handlers.onBytes(this.#options.server, event.bytes);
        return;
      case 'failed':
        this.#end(event.message);
        return;
      case 'closed':
        this.#end('The server has closed the connection.');
        return;
    }
  }

  /** By the rules that Node has for TLS. */
  #judge(chain: readonly Uint8Array[]): void {
    const { server, serverName, ca, anyCertificate } = this.#options;
    const question = { name: serverName ?? server.ip, ca, atMs: this.#env.wallClock() };
    this.#certificate = judgeChain(chain, question);
    const isGood = this.#certificate !== undefined && this.#certificate.fault === undefined;
    if (isGood || anyCertificate === true) {
      this.#driver.run((now) => this.#machine.acceptPeer(now));
      return;
    }
    this.#driver.run((now) => this.#machine.rejectPeer(now));
    this.#end(`The certificate is not trusted (${this.#certificate?.fault ?? 'not readable'}).`);
  }

  #end(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#agreed) this.#handlers.onClosed();
    else this.#settle?.(new StackError('TURN_CONNECTION_CLOSED', why));
  }
}

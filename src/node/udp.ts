/**
 * One bound UDP socket over node:dgram. Sends never throw and never wait; what fails is counted, and logged
 * once in a while. Knows nothing of what the datagrams mean.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  canonicalIp,
  type DatagramHandler,
  type DatagramSocket,
  familyOf,
  type Log,
  type SocketAddress,
  silentLog,
  type UdpBinding,
} from '../base/index.ts';
import { bindError, systemCodeOf } from './bind-error.ts';
import { monotonicNow } from './clock.ts';
import { plainBytes } from './plain-bytes.ts';
import { SenderAddress } from './sender-address.ts';

export interface UdpOptions extends UdpBinding {
  readonly log?: Log;
}

export interface UdpCounts {
  received: number;
  sent: number;
  /** Datagrams that the kernel refused: no route, no buffer, too long. */
  sendFailed: number;
}

export interface UdpSocket extends DatagramSocket {
  readonly counts: Readonly<UdpCounts>;
  /** `bytes` are given away until the next turn of the event loop. After `close` it does nothing. */
  send(bytes: Uint8Array, to: SocketAddress): void;
  /** Idempotent; resolves when the port is free again. */
  close(): Promise<void>;
}

/** 4 MiB holds about 30 ms of a gigabit: long enough for a collection pause, short enough to stay live. */
export const RECEIVE_BUFFER_BYTES = 4 * 2 ** 20;

/** Below this the system's own default is no worse. */
const SMALLEST_BUFFER_BYTES = 2 ** 18;

/** A flood of failures (a link that went down) is one log line a minute for each kind. */
const LOG_AGAIN_AFTER_MS = 60_000;

/** Rejects with a StackError whose code is a `BindErrorCode`. */
export function bindUdp(options: UdpOptions): Promise<UdpSocket> {
  const { ip, port, log = silentLog, receiveBufferBytes = RECEIVE_BUFFER_BYTES, batched = false } = options;
  const family = familyOf(ip);
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      ipv6Only: family === 6,
      // Every host string given to this socket is an address already; the default resolver would still cost
      // a turn of the event loop for each datagram.
      lookup: (host, _options, callback) => callback(null, host, family),
    });
    socket.once('error', (cause) => reject(bindError('UDP', { ip, port }, cause)));
    socket.once('listening', () => {
      socket.removeAllListeners('error');
      growBuffer((bytes) => socket.setRecvBufferSize(bytes), receiveBufferBytes);
      growBuffer((bytes) => socket.setSendBufferSize(bytes), receiveBufferBytes);
      resolve(wrapUdp(socket, log, batched));
    });
    socket.bind({ address: ip, port, exclusive: true });
  });
}

/** Around a socket that is bound, and is its own from now on. `copies`: what is given to `send` is the caller's again. */
export function wrapUdp(socket: Socket, log: Log, copies: boolean): UdpSocket {
  return new NodeUdpSocket(socket, log, copies);
}

/** Some systems refuse what is above their maximum instead of giving the maximum: then ask for half. */
function growBuffer(set: (bytes: number) => void, wantedBytes: number): void {
  for (let bytes = wantedBytes; bytes >= SMALLEST_BUFFER_BYTES; bytes /= 2) {
    try {
      set(Math.floor(bytes));
      return;
    } catch (error) {
      if (systemCodeOf(error) !== 'ERR_SOCKET_BUFFER_SIZE') throw error;
    }
  }
}

class NodeUdpSocket implements UdpSocket {
  readonly local: SocketAddress;
  /** node:dgram cannot ask for DF. */
  readonly neverFragments = false;
  readonly counts: UdpCounts = { received: 0, sent: 0, sendFailed: 0 };
  readonly #socket: Socket;
  readonly #log: Log;
  /** node:dgram holds what it could not send at once, and whoever asked for batches may use the bytes again. */
  readonly #copies: boolean;
  readonly #loggedAt = new Map<string, number>();
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, log: Log, copies: boolean) {
    const { address, port } = socket.address();
    this.local = { ip: canonicalIp(address) ?? address, port };
    this.#socket = socket;
    this.#log = log;
    this.#copies = copies;
    // Windows reports ICMP "port unreachable" here; the socket goes on working.
    socket.on('error', (error) => this.#report(error));
  }

  send(given: Uint8Array, to: SocketAddress): void {
    const bytes = this.#copies ? given.slice() : given;
    // Port 0 makes dgram throw; a peer can name it, so it is only a datagram that cannot be sent.
    if (this.#closing || to.port === 0) {
      this.counts.sendFailed += 1;
      return;
    }
    try {
      this.#socket.send(bytes, 0, bytes.length, to.port, to.ip, this.#sent);
    } catch (error) {
      this.counts.sendFailed += 1;
      this.#report(error);
    }
  }

  onDatagram(handler: DatagramHandler, afterBatch?: () => void): void {
    const sender = new SenderAddress();
    this.#socket.removeAllListeners('message');
    this.#socket.on('message', (buffer: Buffer, from: RemoteInfo) => {
      this.counts.received += 1;
      handler(sender.of(from), plainBytes(buffer));
      afterBatch?.();
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#socket.removeAllListeners('message');
      this.#socket.close(() => resolve());
    });
    return this.#closing;
  }

  /**
   * Shared by all sends, so a datagram costs no closure. Without a callback (0.3 µs less) Node drops the
   * error of a failed send on the floor, and an unreachable peer could not be told from a silent one.
   */
  readonly #sent = (error: Error | null): void => {
    if (!error) {
      this.counts.sent += 1;
      return;
    }
    this.counts.sendFailed += 1;
    this.#report(error);
  };

  #report(error: unknown): void {
    const code = systemCodeOf(error) || 'unknown';
    const now = monotonicNow();
    const loggedAt = this.#loggedAt.get(code);
    if (loggedAt !== undefined && now - loggedAt < LOG_AGAIN_AFTER_MS) return;
    this.#loggedAt.set(code, now);
    this.#log.warn('A UDP socket failed; more of the same within a minute are only counted.', {
      local: this.local,
      code,
      sendFailed: this.counts.sendFailed,
    });
  }
}

/**
 * A Socket.IO socket as signaling transport: one event `frame` with a JSON text, both ways. The socket makes one
 * attempt at a time; when to try again is decided by the session.
 */
import type { SignalingTransport } from './signaling-transport.ts';

/** What is used of socket.io-client's `Socket`; its two builds (ESM, CommonJS) have types that do not fit each other. */
export interface SocketLike {
  readonly io: {
    reconnection(on: boolean): unknown;
    readonly engine?: {
      readonly transport?: { readonly name: string };
      on(event: 'upgrade', listener: () => void): unknown;
    };
    readonly opts: { readonly transports?: { reverse(): unknown } };
  };
  connect(): unknown;
  disconnect(): unknown;
  emit(event: 'frame', text: string): unknown;
  on(event: string, listener: (argument: never) => void): unknown;
}

/**
 * Options for `io()` that this transport counts on: WebSocket first, long-polling in the same attempt when it is
 * refused. 6 s for an attempt: a proxy that swallows the upgrade is left for polling before a person gives up.
 */
export function socketIoOptions() {
  return {
    autoConnect: false,
    reconnection: false,
    transports: ['websocket', 'polling'] as string[],
    tryAllTransports: true,
    timeout: 6000,
  };
}

/** Wraps `socket`, made with `socketIoOptions()`; it belongs to the transport from now on. */
export function socketIoTransport(socket: SocketLike): SignalingTransport {
  const manager = socket.io;
  manager.reconnection(false);
  let wanted = false;

  const transport: SignalingTransport & { kind: SignalingTransport['kind'] } = {
    kind: undefined,
    onOpen: undefined,
    onText: undefined,
    onClose: undefined,
    onKindChange: undefined,
    connect() {
      wanted = true;
      socket.connect();
    },
    send(text) {
      socket.emit('frame', text);
    },
    close() {
      wanted = false;
      transport.kind = undefined;
      socket.disconnect();
    },
  };

  const readKind = (): void => {
    const name = manager.engine?.transport?.name;
    transport.kind = name === 'websocket' || name === 'polling' ? name : undefined;
  };
  const ended = (reason: string): void => {
    transport.kind = undefined;
    if (!wanted) return;
    wanted = false;
    transport.onClose?.(reason);
  };

  socket.on('connect', () => {
    if (!wanted) return;
    readKind();
    manager.engine?.on('upgrade', () => {
      readKind();
      transport.onKindChange?.();
    });
    transport.onOpen?.();
  });
  socket.on('frame', (text: unknown) => {
    if (wanted && typeof text === 'string') transport.onText?.(text);
  });
  socket.on('disconnect', (reason: string) => ended(reason));
  socket.on('connect_error', (error: Error) => {
    // A WebSocket that neither opens nor fails hides polling behind it, so the next attempt begins with the other.
    manager.opts.transports?.reverse();
    ended(error.message);
  });
  return transport;
}

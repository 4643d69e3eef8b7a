/** Whether peer connections carry anything: interrupted, back, over. Repairs nothing: the client does. */

/** What is used of an RTCPeerConnection. */
export interface WatchedConnection {
  readonly connectionState: string;
  addEventListener(type: 'connectionstatechange', listener: () => void): void;
}

export interface ConnectionHandlers {
  /** It was connected, and nothing comes any more. */
  onInterrupted(): void;
  /** After `onInterrupted`. */
  onBack(): void;
  /** Once, at the end: it is replaced by another, or the other side is gone. */
  onOver(): void;
}

interface Watched {
  readonly handlers: ConnectionHandlers;
  state: 'new' | 'connected' | 'interrupted';
}

export class ConnectionWatch {
  readonly #watched = new Map<WatchedConnection, Watched>();

  add(connection: WatchedConnection, handlers: ConnectionHandlers): void {
    this.#watched.set(connection, { handlers, state: 'new' });
    connection.addEventListener('connectionstatechange', () => this.#look(connection));
  }

  /** To be called now and then: no event tells of a connection that was closed on this side. webrtc.html, `close()`. */
  look(): void {
    for (const connection of [...this.#watched.keys()]) this.#look(connection);
  }

  #look(connection: WatchedConnection): void {
    const watched = this.#watched.get(connection);
    if (!watched) return;
    const { connectionState } = connection;
    if (connectionState === 'closed') {
      this.#watched.delete(connection);
      watched.handlers.onOver();
    } else if (connectionState === 'connected') {
      const { state } = watched;
      watched.state = 'connected';
      if (state === 'interrupted') watched.handlers.onBack();
    } else if (watched.state === 'connected') {
      watched.state = 'interrupted';
      watched.handlers.onInterrupted();
    }
  }
}

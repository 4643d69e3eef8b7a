/** Where ends run: a process that takes operations and tells of signals. */
import type { ArgsOf, EndName, OperationName, Reply, Request, ResultOf, Signal } from '../protocol.ts';

export interface Host {
  /** All processes whose time counts. */
  pids(): readonly number[];
  call<Name extends OperationName>(end: EndName, name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>>;
  stop(): Promise<void>;
}

/** Takes what the ends of a host want to tell those of another. */
export type Router = (to: EndName, signal: Signal) => void;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Requests and replies over anything that carries JSON values. */
export class Correspondence {
  readonly ready: Promise<void>;
  readonly #send: (request: Request) => void;
  readonly #route: Router;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isReady: () => void = () => {};
  #isDead: (error: Error) => void = () => {};

  constructor(send: (request: Request) => void, route: Router) {
    this.#send = send;
    this.#route = route;
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isDead = reject;
    });
  }

  call<Name extends OperationName>(end: EndName, name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as ResultOf<Name>), reject });
      this.#send({ id, end, name, args });
    });
  }

  handle(reply: Reply): void {
    if ('ready' in reply) this.#isReady();
    else if ('signal' in reply) this.#route(reply.to, reply.signal);
    else {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ('error' in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply.result);
    }
  }

  end(why: string): void {
    const error = new Error(why);
    this.#isDead(error);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

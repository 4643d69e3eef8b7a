/** EventTarget, told which events an object fires. The same object at run time. Its types need no lib.dom. */

type Listener<Fired> = ((event: Fired) => unknown) | { handleEvent(event: Fired): unknown };

interface ListenOptions {
  capture?: boolean;
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}

/** `Fired`: names of events and their classes. */
export interface TypedEventTarget<Fired extends object> extends EventTarget {
  addEventListener<Type extends keyof Fired & string>(
    type: Type,
    listener: Listener<Fired[Type]> | null,
    options?: boolean | ListenOptions,
  ): void;
  addEventListener(type: string, listener: Listener<Event> | null, options?: boolean | ListenOptions): void;
  removeEventListener<Type extends keyof Fired & string>(
    type: Type,
    listener: Listener<Fired[Type]> | null,
    options?: boolean | { capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener<Event> | null,
    options?: boolean | { capture?: boolean },
  ): void;
}

/** What classes extend: `class X extends TypedTarget<Events, Handlers>`, with the on… attributes of `defineHandlers`. */
export const TypedTarget = EventTarget as unknown as {
  new <Fired extends object, Handlers extends object>(): TypedEventTarget<Fired> & Handlers;
  readonly prototype: EventTarget;
};

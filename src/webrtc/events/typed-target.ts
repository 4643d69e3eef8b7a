/** EventTarget, told which events an object fires. The same object at run time. */

type Listener<Fired> = ((event: Fired) => unknown) | { handleEvent(event: Fired): unknown };

/** `Fired`: names of events and their classes. */
export interface TypedEventTarget<Fired extends object> extends EventTarget {
  addEventListener<Type extends keyof Fired & string>(
    type: Type,
    listener: Listener<Fired[Type]> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof Fired & string>(
    type: Type,
    listener: Listener<Fired[Type]> | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** What classes extend: `class X extends TypedTarget<Events, Handlers>`, with the on… attributes of `defineHandlers`. */
export const TypedTarget = EventTarget as unknown as {
  new <Fired extends object, Handlers extends object>(): TypedEventTarget<Fired> & Handlers;
  readonly prototype: EventTarget;
};

/** `on…` attributes: one listener each, which keeps the place it got when it was first set. HTML §8.1.8.1. */

/**
 * An event handler as a script sets it. Attributes for events of our own classes are read as handlers of any Event: so our
 * interfaces can be given to who expects those of lib.dom, whose event classes are others.
 */
export type EventHandler<Fired extends Event = Event> = ((event: Fired) => unknown) | null;

/** What `on…` attributes of one object hold. */
class HandlerSlots {
  readonly #target: EventTarget;
  readonly #values = new Map<string, object>();
  readonly #listeners = new Map<string, (event: Event) => void>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): object | null {
    return this.#values.get(type) ?? null;
  }

  /** What is no object is null: [LegacyTreatNonObjectAsNull]. */
  set(type: string, value: unknown): void {
    const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null);
    if (!isObject) {
      this.#values.delete(type);
      const listener = this.#listeners.get(type);
      if (listener) this.#target.removeEventListener(type, listener);
      this.#listeners.delete(type);
      return;
    }
    this.#values.set(type, value);
    if (this.#listeners.has(type)) return;
    const listener = (event: Event): void => this.#call(type, event);
    this.#listeners.set(type, listener);
    this.#target.addEventListener(type, listener);
  }

  /** What a handler throws is the event target's to report. */
  #call(type: string, event: Event): void {
    const handler = this.#values.get(type);
    if (typeof handler !== 'function') return;
    const answer: unknown = Reflect.apply(handler, this.#target, [event]);
    if (answer === false) event.preventDefault();
  }
}

const SLOTS = new WeakMap<object, HandlerSlots>();

type AnyClass = abstract new (...given: never) => EventTarget;

/** Gives a class its `on…` attributes. */
export function defineHandlers(targetClass: AnyClass, ...types: readonly string[]): void {
  const slotsOf = (target: unknown): HandlerSlots => {
    if (!(target instanceof targetClass)) throw new TypeError('Illegal invocation.');
    const found = SLOTS.get(target) ?? new HandlerSlots(target);
    SLOTS.set(target, found);
    return found;
  };
  for (const type of types) {
    const name = `on${type}`;
    const accessors = {
      get [name](): unknown {
        return slotsOf(this).get(type);
      },
      set [name](value: unknown) {
        slotsOf(this).set(type, value);
      },
    };
    const descriptor = Object.getOwnPropertyDescriptor(accessors, name);
    if (descriptor) Object.defineProperty(targetClass.prototype, name, descriptor);
  }
}

/** What makes a class an interface of Web IDL: members that are listed, a name, and constructors that may be closed. Web IDL §3.7. */

/** Who has this may construct what scripts may not. */
export const INSIDE: unique symbol = Symbol('inside');

/** The parameters of a constructor that scripts cannot use: nothing that they could know. `length` stays 0. */
export type OnlyInside<Given> = readonly [] | readonly [key: typeof INSIDE, given: Given];

/** What the house gave, or the TypeError of an interface without a constructor. */
export function givenInside<Given>(parameters: OnlyInside<Given>): Given {
  const [key, given] = parameters;
  if (key !== INSIDE) throw new TypeError('Illegal constructor.');
  return given as Given;
}

type AnyClass = abstract new (...given: never) => object;

/** Makes the members of a class enumerable and gives its objects their name, as every interface has it. Web IDL §3.7.3, §3.7.6. */
export function exposeInterface(interfaceClass: AnyClass, name: string = interfaceClass.name): void {
  const prototype: object = interfaceClass.prototype;
  for (const member of Object.getOwnPropertyNames(prototype)) {
    if (member !== 'constructor') Object.defineProperty(prototype, member, { enumerable: true });
  }
  for (const member of Object.getOwnPropertyNames(interfaceClass)) {
    if (member === 'length' || member === 'name' || member === 'prototype') continue;
    Object.defineProperty(interfaceClass, member, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

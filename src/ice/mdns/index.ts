/** The door of multicast DNS, for src/ice, which passes it on. */
export { type MdnsEvent, MdnsNode } from './node.ts';

/** The door of ICE gathering, for src/ice alone. */
export { Gatherer } from './gatherer.ts';

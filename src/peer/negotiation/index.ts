/** Offer and answer. RFC 9429. */
export { Negotiation } from './negotiation.ts';
export type { NegotiationOptions } from './options.ts';
export type { IceCredentials, NegotiationStep, SctpAgreement } from './step.ts';

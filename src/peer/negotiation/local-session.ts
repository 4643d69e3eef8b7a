/**
 * A description of ours before it is text: which sections, which transport. Knows nothing of candidates, which come later.
 * RFC 9429 §5.2, §5.3.
 */
import type { Attribute, Setup } from '../../sdp/index.ts';
import type { IceCredentials } from './step.ts';

export interface LocalSection {
  /** As the remote offer has it, or made here. `undefined`: a remote offer without mids. */
  readonly mid: string | undefined;
  readonly kind: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly use: SectionUse;
}

/** What a section is for. Media has its own place here. */
export type SectionUse =
  | { readonly kind: 'data'; readonly sctpPort: number }
  /** Media that we do not have, and cannot refuse: the transport of data stands in it. Nothing flows. RFC 9143 §7.3.3. */
  | { readonly kind: 'held'; readonly format: readonly Attribute[] }
  /** Port zero: refused, or given up. Its place may be used again. RFC 3264 §8.2. */
  | { readonly kind: 'rejected' };

export const REJECTED: SectionUse = { kind: 'rejected' };

/** What stands in the section that carries the transport, on behalf of all. */
export interface LocalTransport {
  readonly ice: IceCredentials;
  readonly setup: Setup;
  /** `undefined`: the offer has none. RFC 8842 §5.3. */
  readonly tlsId: string | undefined;
}

export interface LocalSession {
  readonly sections: readonly LocalSection[];
  readonly bundles: readonly (readonly string[])[];
  readonly iceOptions: readonly string[];
  /** `undefined` when no section is left that has one. */
  readonly transport: LocalTransport | undefined;
}

export function isUsed(section: LocalSection): boolean {
  return section.use.kind !== 'rejected';
}

/** Where the transport stands: the first section in use. -1: nowhere. */
export function transportIndexOf({ sections }: Pick<LocalSession, 'sections'>): number {
  return sections.findIndex(isUsed);
}

export function dataIndexOf({ sections }: Pick<LocalSession, 'sections'>): number {
  return sections.findIndex((section) => section.use.kind === 'data');
}

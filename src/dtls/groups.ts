/** Groups for the key agreement, by their numbers. RFC 8422 §5.1.1. */
import type { AgreementGroup, SignatureCurve } from '../base/index.ts';

const IDS: Readonly<Record<AgreementGroup, number>> = { x25519: 29, 'p-256': 23 };

/** Best first. */
export const AGREEMENT_GROUPS: readonly AgreementGroup[] = ['x25519', 'p-256'];

export function groupId(group: AgreementGroup): number {
  return IDS[group];
}

export function groupOf(id: number): AgreementGroup | undefined {
  return AGREEMENT_GROUPS.find((group) => IDS[group] === id);
}

/** The number of the curve of a certificate's key: supported groups speak of it too (RFC 8422 §5.1). */
export function curveId(curve: SignatureCurve): number {
  return curve === 'p-256' ? 23 : 24;
}

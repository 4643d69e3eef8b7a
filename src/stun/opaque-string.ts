/**
 * Preparation of user names, realms and passwords. RFC 8265 §4.2 (OpaqueString), RFC 8264 §4.3 (FreeformClass).
 *
 * Left out: the context rules for single characters such as U+00B7 (RFC 5892 appendix A), which are accepted
 * anywhere; joiners (U+200C, U+200D) are refused everywhere. What counts as unassigned follows the Unicode
 * version of the runtime.
 */

/** Controls, lone surrogates, private use, unassigned, ignorable, and conjoining (old Hangul) jamo. */
const FORBIDDEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u;

/** The prepared text; `undefined` when it is empty or holds what the profile forbids. */
export function prepareOpaqueString(text: string): string | undefined {
  // RFC 8265 §4.2.2: 2. any space of Unicode becomes U+0020; 4. normalization form C. The other rules do nothing.
  const prepared = text.replace(/\p{Zs}/gu, ' ').normalize('NFC');
  return prepared === '' || FORBIDDEN.test(prepared) ? undefined : prepared;
}

/** Which sections belong together: `a=group` and `a=mid`. RFC 5888, BUNDLE: RFC 9143. */

export interface Group {
  /** `BUNDLE`, `LS`. */
  readonly semantics: string;
  /** May be empty: a group that lost its last member. */
  readonly mids: readonly string[];
}

const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/;

export function parseGroup(value: string): Group | undefined {
  const [semantics = '', ...mids] = value.trim().split(/ +/);
  return [semantics, ...mids].every(isToken) ? { semantics, mids } : undefined;
}

export function writeGroup({ semantics, mids }: Group): string {
  return [semantics, ...mids].join(' ');
}

/** RFC 8866 §9: also what a mid has to be (RFC 5888 §4). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

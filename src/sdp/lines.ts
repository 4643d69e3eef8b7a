/** Text of SDP cut into lines: a letter, its value, where it stood. Knows no order of lines. RFC 8866 §5. */

export interface Line {
  /** One lower-case letter. */
  readonly type: string;
  readonly value: string;
  /** From 1, for error messages (`RTCError.sdpLineNumber`). */
  readonly number: number;
}

/** Why a description cannot be read. What its writer did, so a value and not an exception. */
export interface SdpFault {
  /** From 1; the last line when something is missing at the end. */
  readonly line: number;
  /** A sentence: what stands there, what was expected. */
  readonly reason: string;
}

/** The longest description that browsers make (dozens of sections, all codecs) has 300 KB. */
export const MAX_SDP_CHARACTERS = 2 ** 20;

/** NUL and a CR in the middle are no characters of a value (RFC 8866 §9, byte-string); nor is what scripts take for the end of a line. */
const LINE = /^[a-z]=[^\0\r\u2028\u2029]*$/;
/** How much of somebody else's line an error message repeats. */
const QUOTED_CHARACTERS = 60;

/** CRLF, and a lone LF as RFC 8866 §5 asks parsers to take it. Empty lines at the end are dropped. */
export function readLines(text: string): Line[] | SdpFault {
  if (text.length > MAX_SDP_CHARACTERS) {
    return {
      line: 1,
      reason: `The description has ${text.length} characters; at most ${MAX_SDP_CHARACTERS} are read.`,
    };
  }
  const raw = text.replace(/(\r?\n)+$/, '').split(/\r?\n/);
  const lines: Line[] = [];
  for (const content of raw) {
    const number = lines.length + 1;
    if (!LINE.test(content)) {
      return { line: number, reason: `${quote(content)} is no line of SDP: a letter, "=", a value.` };
    }
    lines.push({ type: content.charAt(0), value: content.slice(2), number });
  }
  return lines;
}

/** Somebody else's text, safe to repeat. */
export function quote(text: string): string {
  const shown = text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text;
  return JSON.stringify(shown);
}

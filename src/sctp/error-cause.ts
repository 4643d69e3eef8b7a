/** Error causes in ABORT and ERROR: written for the peer, read for people. RFC 9260 §3.3.10. */
import { decodeUtf8, encodeUtf8 } from '../base/index.ts';
import { CauseCode } from './code-points.ts';
import { decodeParameters, encodeParameters } from './parameters.ts';

const NAMES: ReadonlyMap<number, string> = new Map([
  [CauseCode.INVALID_STREAM, 'invalid stream identifier'],
  [CauseCode.MISSING_PARAMETER, 'missing mandatory parameter'],
  [CauseCode.STALE_COOKIE, 'stale cookie'],
  [CauseCode.OUT_OF_RESOURCE, 'out of resource'],
  [CauseCode.UNRECOGNIZED_CHUNK, 'unrecognized chunk type'],
  [CauseCode.INVALID_PARAMETER, 'invalid mandatory parameter'],
  [CauseCode.UNRECOGNIZED_PARAMETERS, 'unrecognized parameters'],
  [CauseCode.NO_USER_DATA, 'no user data'],
  [CauseCode.COOKIE_WHILE_SHUTTING_DOWN, 'cookie received while shutting down'],
  [CauseCode.USER_ABORT, 'user-initiated abort'],
  [CauseCode.PROTOCOL_VIOLATION, 'protocol violation'],
]);

/** Of a peer's text only so much is repeated. */
const MAX_TEXT_BYTES = 200;

/** Of a peer's causes only so many are told. */
const MAX_CAUSES = 8;

/** A cause with a sentence: `USER_ABORT` or `PROTOCOL_VIOLATION`. */
export function encodeTextCause(code: number, text: string): Uint8Array {
  return encodeParameters([{ type: code, value: encodeUtf8(text).subarray(0, MAX_TEXT_BYTES) }]);
}

/** A cause that repeats what was wrong: a chunk or parameters, cut to a bound. */
export function encodeQuotingCause(code: number, quoted: Uint8Array): Uint8Array {
  return encodeParameters([{ type: code, value: quoted.slice(0, MAX_TEXT_BYTES) }]);
}

/** RFC 9260 §3.3.10.1. */
export function encodeInvalidStreamCause(stream: number): Uint8Array {
  const value = Uint8Array.of(stream >> 8, stream & 0xff, 0, 0);
  return encodeParameters([{ type: CauseCode.INVALID_STREAM, value }]);
}

/** What webrtc.html calls `sctpCauseCode`; `undefined` when the peer gave none. */
export function firstCauseCode(value: Uint8Array): number | undefined {
  return decodeParameters(value)?.[0]?.type;
}

/** For logs and error events. */
export function describeCauses(value: Uint8Array): string {
  const causes = (decodeParameters(value) ?? []).slice(0, MAX_CAUSES);
  if (causes.length === 0) return 'without a cause';
  return causes
    .map(({ type, value: information }) => {
      const name = NAMES.get(type) ?? `cause ${type}`;
      const spoken = type === CauseCode.USER_ABORT || type === CauseCode.PROTOCOL_VIOLATION;
      const text = spoken ? decodeUtf8(information.subarray(0, MAX_TEXT_BYTES)) : '';
      return text === '' ? name : `${name}: ${text}`;
    })
    .join(', ');
}

/** RE-CONFIG: asking to reset streams, and the answers. RFC 6525 §3.1, §4. */
import { ByteReader, ByteWriter } from '../base/index.ts';
import { ParameterType } from './code-points.ts';
import { decodeParameters, encodeParameters, type Parameter } from './parameters.ts';

/** RFC 6525 §4.4. */
export const ResetResult = {
  NOTHING_TO_DO: 0,
  PERFORMED: 1,
  DENIED: 2,
  WRONG_SSN: 3,
  IN_PROGRESS: 4,
  BAD_SEQUENCE_NUMBER: 5,
  STILL_IN_PROGRESS: 6,
} as const;

export type Reconfiguration =
  | {
      readonly kind: 'reset-outgoing';
      readonly requestNumber: number;
      readonly responseNumber: number;
      /** The reset is done once everything up to here has been received. */
      readonly lastTsn: number;
      /** Empty: all of them. */
      readonly streams: readonly number[];
    }
  | { readonly kind: 'reset-incoming'; readonly requestNumber: number; readonly streams: readonly number[] }
  | { readonly kind: 'response'; readonly responseNumber: number; readonly result: number }
  /** Valid requests that are refused: resets of the whole association, more streams. */
  | { readonly kind: 'unsupported'; readonly requestNumber: number };

/** `undefined` when it is broken. At most two parameters stand in one chunk (RFC 6525 §3.1). */
export function decodeReconfigurations(value: Uint8Array): Reconfiguration[] | undefined {
  const parameters = decodeParameters(value);
  if (!parameters || parameters.length === 0 || parameters.length > 2) return undefined;
  const decoded = parameters.map(decodeOne);
  return decoded.every((one) => one !== undefined) ? decoded : undefined;
}

function decodeOne({ type, value }: Parameter): Reconfiguration | undefined {
  const reader = new ByteReader(value);
  const number = reader.u32();
  let found: Reconfiguration;
  switch (type) {
    case ParameterType.OUTGOING_SSN_RESET_REQUEST: {
      const responseNumber = reader.u32();
      const lastTsn = reader.u32();
      found = {
        kind: 'reset-outgoing',
        requestNumber: number,
        responseNumber,
        lastTsn,
        streams: readStreams(reader),
      };
      break;
    }
    case ParameterType.INCOMING_SSN_RESET_REQUEST:
      found = { kind: 'reset-incoming', requestNumber: number, streams: readStreams(reader) };
      break;
    case ParameterType.RECONFIGURATION_RESPONSE:
      found = { kind: 'response', responseNumber: number, result: reader.u32() };
      break;
    case ParameterType.SSN_TSN_RESET_REQUEST:
    case ParameterType.ADD_OUTGOING_STREAMS:
    case ParameterType.ADD_INCOMING_STREAMS:
      found = { kind: 'unsupported', requestNumber: number };
      break;
    default:
      return undefined;
  }
  return reader.failed ? undefined : found;
}

function readStreams(reader: ByteReader): number[] {
  const streams: number[] = [];
  while (reader.remaining >= 2) streams.push(reader.u16());
  return streams;
}

export function encodeResetOutgoing(
  requestNumber: number,
  responseNumber: number,
  lastTsn: number,
  streams: readonly number[],
): Uint8Array {
  const writer = new ByteWriter().u32(requestNumber).u32(responseNumber).u32(lastTsn);
  for (const stream of streams) writer.u16(stream);
  return encodeParameters([{ type: ParameterType.OUTGOING_SSN_RESET_REQUEST, value: writer.finish() }]);
}

export function encodeReconfigurationResponse(responseNumber: number, result: number): Uint8Array {
  const value = new ByteWriter(8).u32(responseNumber).u32(result).finish();
  return encodeParameters([{ type: ParameterType.RECONFIGURATION_RESPONSE, value }]);
}

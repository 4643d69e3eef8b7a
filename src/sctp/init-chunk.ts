/** INIT and INIT ACK: what an endpoint says of itself at the beginning. Decides nothing. RFC 9260 §3.3.2, §3.3.3. */
import { ByteReader, ByteWriter } from '../base/index.ts';
import { ChunkType, EDMID_DTLS, ParameterType } from './code-points.ts';
import {
  decodeParameters,
  encodeParameters,
  type Parameter,
  writeParameter,
  writeWord,
} from './parameters.ts';

export interface Extensions {
  /** RFC 3758. */
  readonly partialReliability: boolean;
  /** RFC 8260. */
  readonly interleaving: boolean;
  /** RFC 6525. */
  readonly reconfiguration: boolean;
  /** RFC 9653, over DTLS. */
  readonly zeroChecksum: boolean;
}

export interface InitFacts {
  /** What packets to this endpoint carry; never 0. */
  readonly tag: number;
  readonly receiveWindowBytes: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly initialTsn: number;
  readonly extensions: Extensions;
  /** The largest packet that this endpoint says it can read; `undefined` when it says nothing. */
  readonly largestPacketBytes: number | undefined;
  /** INIT ACK only; a view when decoded. */
  readonly cookie: Uint8Array | undefined;
}

export interface DecodedInit {
  readonly facts: InitFacts;
  /** Whole parameters that are to be reported: RFC 9260 §3.2.2. Views. */
  readonly unrecognized: readonly Parameter[];
}

const FIXED_BYTES = 16;
/** And the headers of five parameters, with what stands in them and behind them to whole words. */
const MOST_BYTES_WITHOUT_COOKIE = FIXED_BYTES + 5 * 4 + 3 + 4 + 4 + 4;
const NOTHING = new Uint8Array(0);
const ADDRESS_PARAMETERS: readonly number[] = [5, 6, 9, 11, 12]; // RFC 8261 §5: one path, so addresses say nothing

/** `undefined` when it is broken: too short, tag or stream counts of zero (RFC 9260 §3.3.2, §3.3.3). */
export function decodeInit(value: Uint8Array): DecodedInit | undefined {
  const reader = new ByteReader(value);
  const tag = reader.u32();
  const receiveWindowBytes = reader.u32();
  const outboundStreams = reader.u16();
  const inboundStreams = reader.u16();
  const initialTsn = reader.u32();
  if (reader.failed || tag === 0 || outboundStreams === 0 || inboundStreams === 0) return undefined;
  const parameters = decodeParameters(value.subarray(FIXED_BYTES));
  if (!parameters) return undefined;

  const unrecognized: Parameter[] = [];
  let cookie: Uint8Array | undefined;
  let partialReliability = false;
  let zeroChecksum = false;
  let largestPacketBytes: number | undefined;
  let reconfiguration = false;
  let interleaving = false;
  for (const parameter of parameters) {
    if (parameter.type === ParameterType.STATE_COOKIE) cookie = parameter.value;
    else if (parameter.type === ParameterType.FORWARD_TSN_SUPPORTED) partialReliability = true;
    else if (parameter.type === ParameterType.SUPPORTED_EXTENSIONS) {
      partialReliability ||= parameter.value.includes(ChunkType.FORWARD_TSN);
      reconfiguration ||= parameter.value.includes(ChunkType.RE_CONFIG);
      interleaving ||= parameter.value.includes(ChunkType.I_DATA);
    } else if (parameter.type === ParameterType.ZERO_CHECKSUM_ACCEPTABLE) {
      zeroChecksum = new ByteReader(parameter.value).u32() === EDMID_DTLS;
    } else if (parameter.type === ParameterType.LARGEST_PACKET) {
      largestPacketBytes = new ByteReader(parameter.value).u32();
    } else if (
      parameter.type !== ParameterType.UNRECOGNIZED_PARAMETER &&
      !ADDRESS_PARAMETERS.includes(parameter.type)
    ) {
      // RFC 9260 §3.2.1: the second bit asks for a report, the first one to go on.
      if (parameter.type & 0x4000) unrecognized.push(parameter);
      if (!(parameter.type & 0x8000)) break;
    }
  }
  const extensions: Extensions = { partialReliability, interleaving, reconfiguration, zeroChecksum };
  const facts: InitFacts = {
    tag,
    receiveWindowBytes,
    outboundStreams,
    inboundStreams,
    initialTsn,
    extensions,
    largestPacketBytes,
    cookie,
  };
  return { facts, unrecognized };
}

/** The value of the chunk. `unrecognized`: for INIT ACK, what the peer's INIT had that we do not know. */
export function encodeInit(facts: InitFacts, unrecognized: readonly Parameter[] = []): Uint8Array {
  const writer = new ByteWriter(MOST_BYTES_WITHOUT_COOKIE + (facts.cookie?.length ?? 0));
  writeInit(writer, facts, facts.cookie);
  for (const parameter of unrecognized) {
    writeParameter(writer, ParameterType.UNRECOGNIZED_PARAMETER, encodeParameters([parameter]));
  }
  return writer.finish();
}

/** Appends to whole words what an INIT says, with the cookie of an INIT ACK. */
export function writeInit(writer: ByteWriter, facts: InitFacts, cookie: Uint8Array | undefined): void {
  const { extensions } = facts;
  writer
    .u32(facts.tag)
    .u32(facts.receiveWindowBytes)
    .u16(facts.outboundStreams)
    .u16(facts.inboundStreams)
    .u32(facts.initialTsn);
  if (cookie) writeParameter(writer, ParameterType.STATE_COOKIE, cookie);
  if (extensions.partialReliability) writeParameter(writer, ParameterType.FORWARD_TSN_SUPPORTED, NOTHING);
  const chunkTypes = chunkTypesOf(extensions);
  if (chunkTypes.length > 0) {
    writeParameter(writer, ParameterType.SUPPORTED_EXTENSIONS, Uint8Array.from(chunkTypes));
  }
  if (extensions.zeroChecksum) writeWord(writer, ParameterType.ZERO_CHECKSUM_ACCEPTABLE, EDMID_DTLS);
  if (facts.largestPacketBytes !== undefined) {
    writeWord(writer, ParameterType.LARGEST_PACKET, facts.largestPacketBytes);
  }
}

/** The same without what RFC 9260 did not have: some drop an INIT with a parameter that they do not know (pion 3.1). */
export function plainInit(facts: InitFacts): InitFacts {
  return {
    ...facts,
    extensions: { ...facts.extensions, zeroChecksum: false },
    largestPacketBytes: undefined,
  };
}

function chunkTypesOf(extensions: Extensions): number[] {
  const types: number[] = [];
  if (extensions.reconfiguration) types.push(ChunkType.RE_CONFIG);
  if (extensions.partialReliability) types.push(ChunkType.FORWARD_TSN);
  if (extensions.interleaving) types.push(ChunkType.I_DATA, ChunkType.I_FORWARD_TSN);
  return types;
}

/** What both ends can. RFC 8260 §2.2.1, RFC 9653 §5.2, RFC 3758 §3.3.1, RFC 6525 §5.1. */
export function sharedExtensions(a: Extensions, b: Extensions): Extensions {
  return {
    partialReliability: a.partialReliability && b.partialReliability,
    interleaving: a.interleaving && b.interleaving,
    reconfiguration: a.reconfiguration && b.reconfiguration,
    zeroChecksum: a.zeroChecksum && b.zeroChecksum,
  };
}

/** An error with what only WebRTC knows of it. webrtc.html §11. */
import { toDictionary, toDomString, toEnum, toLong, toUnsignedLong } from './idl/convert.ts';
import { exposeInterface } from './idl/interface.ts';

export type RTCErrorDetailType =
  | 'data-channel-failure'
  | 'dtls-failure'
  | 'fingerprint-failure'
  | 'sctp-failure'
  | 'sdp-syntax-error'
  | 'hardware-encoder-not-available'
  | 'hardware-encoder-error';

const DETAILS: readonly RTCErrorDetailType[] = [
  'data-channel-failure',
  'dtls-failure',
  'fingerprint-failure',
  'sctp-failure',
  'sdp-syntax-error',
  'hardware-encoder-not-available',
  'hardware-encoder-error',
];

export interface RTCErrorInit {
  errorDetail: RTCErrorDetailType;
  sdpLineNumber?: number;
  sctpCauseCode?: number;
  receivedAlert?: number;
  sentAlert?: number;
}

export class RTCError extends DOMException {
  readonly #errorDetail: RTCErrorDetailType;
  readonly #sdpLineNumber: number | null;
  readonly #sctpCauseCode: number | null;
  readonly #receivedAlert: number | null;
  readonly #sentAlert: number | null;

  constructor(init: RTCErrorInit, message = '') {
    super(toDomString(message), 'OperationError');
    const members = toDictionary(init, 'RTCErrorInit');
    const optional = (name: keyof RTCErrorInit, convert: (value: unknown) => number): number | null =>
      members[name] === undefined ? null : convert(members[name]);
    const { errorDetail } = members;
    if (errorDetail === undefined) throw new TypeError('RTCErrorInit needs errorDetail.');
    this.#errorDetail = toEnum(errorDetail, DETAILS, 'errorDetail');
    this.#receivedAlert = optional('receivedAlert', toUnsignedLong);
    this.#sctpCauseCode = optional('sctpCauseCode', toLong);
    this.#sdpLineNumber = optional('sdpLineNumber', toLong);
    this.#sentAlert = optional('sentAlert', toUnsignedLong);
  }

  get errorDetail(): RTCErrorDetailType {
    return this.#errorDetail;
  }

  get sdpLineNumber(): number | null {
    return this.#sdpLineNumber;
  }

  get sctpCauseCode(): number | null {
    return this.#sctpCauseCode;
  }

  get receivedAlert(): number | null {
    return this.#receivedAlert;
  }

  get sentAlert(): number | null {
    return this.#sentAlert;
  }
}

exposeInterface(RTCError);

/** Numbers of TLS and DTLS 1.2 by their RFC names. RFC 5246, RFC 6347, and the IANA TLS registries. */

/** RFC 5246 §6.2.1. */
export const CONTENT_TYPE = {
  CHANGE_CIPHER_SPEC: 20,
  ALERT: 21,
  HANDSHAKE: 22,
  APPLICATION_DATA: 23,
} as const;

/** RFC 6347 §4.1: the ones' complement of the version of TLS, so that they can be told apart. */
export const VERSION = { DTLS_1_0: 0xfeff, DTLS_1_2: 0xfefd } as const;

/** RFC 5246 §7.4, RFC 6347 §4.3.2. */
export const HANDSHAKE_TYPE = {
  HELLO_REQUEST: 0,
  CLIENT_HELLO: 1,
  SERVER_HELLO: 2,
  HELLO_VERIFY_REQUEST: 3,
  CERTIFICATE: 11,
  SERVER_KEY_EXCHANGE: 12,
  CERTIFICATE_REQUEST: 13,
  SERVER_HELLO_DONE: 14,
  CERTIFICATE_VERIFY: 15,
  CLIENT_KEY_EXCHANGE: 16,
  FINISHED: 20,
} as const;

export const EXTENSION = {
  /** RFC 6066 §3. */
  SERVER_NAME: 0,
  /** RFC 8422 §5.1.1. */
  SUPPORTED_GROUPS: 10,
  /** RFC 8422 §5.1.2. */
  EC_POINT_FORMATS: 11,
  /** RFC 5246 §7.4.1.4.1. */
  SIGNATURE_ALGORITHMS: 13,
  /** RFC 5764 §4.1. */
  USE_SRTP: 14,
  /** RFC 7301 §3.1. */
  APPLICATION_LAYER_PROTOCOL_NEGOTIATION: 16,
  /** RFC 7627 §5.1. */
  EXTENDED_MASTER_SECRET: 23,
  /** RFC 5746 §3.2. */
  RENEGOTIATION_INFO: 0xff01,
} as const;

/** RFC 5746 §3.3: stands for an empty renegotiation_info in the list of suites. */
export const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff;

/** RFC 5246 §7.4.1.2: no compression, the only method left. */
export const NULL_COMPRESSION = 0;

/** RFC 8422 §5.4: the curve is named by its number. */
export const NAMED_CURVE = 3;

/** RFC 8422 §5.1.2. */
export const UNCOMPRESSED_POINT = 0;

/** RFC 8422 §5.5: what a server asks a client to sign with. */
export const CLIENT_CERTIFICATE_TYPE = { RSA_SIGN: 1, ECDSA_SIGN: 64 } as const;

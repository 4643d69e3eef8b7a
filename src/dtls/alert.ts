/** Alerts: their numbers, names and two bytes. What follows from them is the connection's. RFC 5246 §7.2. */

const ALERT_LEVEL = { WARNING: 1, FATAL: 2 } as const;

/** RFC 5246 §7.2.2, RFC 6066 §9, RFC 7301 §3.2. */
const ALERTS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  user_canceled: 90,
  no_renegotiation: 100,
  unsupported_extension: 110,
  unrecognized_name: 112,
  no_application_protocol: 120,
} as const;

export type AlertName = keyof typeof ALERTS;

export interface Alert {
  readonly fatal: boolean;
  /** The RFC's name, or the number as text where it has none here. */
  readonly name: string;
}

/** Of the name that `decodeAlert` gives. */
export function alertNumber(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  return ALERTS[name as AlertName] ?? (/^\d+$/.test(name) ? Number(name) : undefined);
}

/** RFC 5246 §7.2: level, description. */
export function encodeAlert(name: AlertName): Uint8Array {
  const warning = name === 'close_notify' || name === 'no_renegotiation' || name === 'user_canceled';
  return Uint8Array.of(warning ? ALERT_LEVEL.WARNING : ALERT_LEVEL.FATAL, ALERTS[name]);
}

/** `undefined` for anything but two bytes with a known level. */
export function decodeAlert(bytes: Uint8Array): Alert | undefined {
  const [level, description] = bytes;
  if (bytes.length !== 2 || (level !== ALERT_LEVEL.WARNING && level !== ALERT_LEVEL.FATAL)) return undefined;
  const known = Object.entries(ALERTS).find(([, number]) => number === description);
  return { fatal: level === ALERT_LEVEL.FATAL, name: known?.[0] ?? String(description) };
}

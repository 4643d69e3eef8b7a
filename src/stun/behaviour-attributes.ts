/** Attributes of NAT behaviour discovery, and those of its forerunner that still matter. RFC 5780 §9.1, RFC 3489 §11.2. */

export const BehaviourAttribute = {
  CHANGE_REQUEST: 0x0003,
  PADDING: 0x0026,
  RESPONSE_PORT: 0x0027,
  RESPONSE_ORIGIN: 0x802b,
  OTHER_ADDRESS: 0x802c,
} as const;

export const ClassicAttribute = { SOURCE_ADDRESS: 0x0004, CHANGED_ADDRESS: 0x0005 } as const;

/** The two flags of CHANGE-REQUEST. */
export interface ChangeRequest {
  readonly ip: boolean;
  readonly port: boolean;
}

const CHANGE_IP = 0x04;
const CHANGE_PORT = 0x02;

/** `undefined` unless 4 bytes. RFC 5780 §7.2. */
export function decodeChangeRequest(value: Uint8Array): ChangeRequest | undefined {
  if (value.length !== 4) return undefined;
  const flags = value[3] ?? 0;
  return { ip: (flags & CHANGE_IP) !== 0, port: (flags & CHANGE_PORT) !== 0 };
}

export function encodeChangeRequest({ ip, port }: ChangeRequest): Uint8Array {
  return Uint8Array.of(0, 0, 0, (ip ? CHANGE_IP : 0) | (port ? CHANGE_PORT : 0));
}

/** 1 … 65535; `undefined` for another length and for port 0, which nothing can be sent to. RFC 5780 §7.5. */
export function decodeResponsePort(value: Uint8Array): number | undefined {
  if (value.length !== 4) return undefined;
  const port = ((value[0] ?? 0) << 8) | (value[1] ?? 0);
  return port === 0 ? undefined : port;
}

export function encodeResponsePort(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff, 0, 0);
}

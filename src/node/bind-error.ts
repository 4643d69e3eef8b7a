/** Why a socket could not be bound, as a stable code and a sentence that says what to do. */
import { formatAddress, type SocketAddress, StackError } from '../base/index.ts';

export type BindErrorCode =
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_NOT_LOCAL'
  | 'ADDRESS_FORBIDDEN'
  | 'ADDRESS_FAMILY_UNSUPPORTED'
  | 'SOCKET_LIMIT'
  | 'BIND_FAILED';

/** Codes of Node's system errors, by what they mean for the one who chose the address. */
const CODES: Readonly<Record<string, BindErrorCode>> = {
  EADDRINUSE: 'ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ADDRESS_NOT_LOCAL',
  EACCES: 'ADDRESS_FORBIDDEN',
  EPERM: 'ADDRESS_FORBIDDEN',
  EAFNOSUPPORT: 'ADDRESS_FAMILY_UNSUPPORTED',
  EMFILE: 'SOCKET_LIMIT',
  ENFILE: 'SOCKET_LIMIT',
};

/** A StackError with one of `BindErrorCode`; the system's error is its cause. */
export function bindError(protocol: 'UDP' | 'TCP', address: SocketAddress, cause: unknown): StackError {
  const systemCode = systemCodeOf(cause);
  const code = CODES[systemCode] ?? 'BIND_FAILED';
  const what = `${protocol} ${formatAddress(address)}`;
  return new StackError(code, sentence(code, what, address, systemCode), { cause });
}

function sentence(code: BindErrorCode, what: string, address: SocketAddress, systemCode: string): string {
  switch (code) {
    case 'ADDRESS_IN_USE':
      return `${what} is already in use by another process; stop that process or choose another port.`;
    case 'ADDRESS_NOT_LOCAL':
      return `${what} cannot be bound because ${address.ip} is no address of this machine; use one that is, or 0.0.0.0.`;
    case 'ADDRESS_FORBIDDEN':
      return `${what} may not be bound by this user; choose a port above 1023 or grant the permission.`;
    case 'ADDRESS_FAMILY_UNSUPPORTED':
      return `${what} cannot be bound because this machine has that IP version switched off; use an address of the other.`;
    case 'SOCKET_LIMIT':
      return `${what} cannot be bound because too many files are open; raise the limit (ulimit -n).`;
    case 'BIND_FAILED':
      return `${what} cannot be bound (${systemCode || 'unknown system error'}).`;
  }
}

/** `EADDRINUSE` and the like; empty when the error is no system error. */
export function systemCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

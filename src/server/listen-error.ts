/** Turns the failure to listen into one sentence that names the option which chose the address. */
import { type SocketAddress, StackError } from '../base/index.ts';
import { bindError, systemCodeOf } from '../node/index.ts';

/** Which options chose an address, as flags. */
export interface ListenOptionNames {
  readonly host: string;
  readonly port: string;
}

/** A StackError with a code of `bindError`, its sentence after the option's name. */
export function listenError(
  protocol: 'UDP' | 'TCP',
  address: SocketAddress,
  names: ListenOptionNames,
  cause: unknown,
): StackError {
  const failed = cause instanceof StackError ? cause : bindError(protocol, address, cause);
  if (/^E(AI_|NOTFOUND)/.test(systemCodeOf(failed.cause))) {
    return new StackError(
      'ADDRESS_NOT_LOCAL',
      `${names.host}: ${address.ip} is no name that can be resolved.`,
      {
        cause,
      },
    );
  }
  const aboutHost = failed.code === 'ADDRESS_NOT_LOCAL' || failed.code === 'ADDRESS_FAMILY_UNSUPPORTED';
  const name = aboutHost ? names.host : names.port;
  return new StackError(failed.code, `${name}: ${failed.message}`, { cause });
}

/** Who is the DTLS client: `a=setup`. RFC 8842 §5.2 … §5.5, RFC 9429 §5.3.1, §5.8.3. */
import type { Setup } from '../../sdp/index.ts';
import { contentFault } from './faults.ts';
import type { DtlsRole } from './step.ts';

/** What the answer says of each role. */
export const SETUP_OF_ROLE: Readonly<Record<DtlsRole, Setup>> = { client: 'active', server: 'passive' };

/**
 * Ours, when we answer. `running`: of the association that goes on. An absent `a=setup` leaves us the choice, as browsers
 * take it; the choice is the client, RFC 9429 §5.3.1, so that the handshake starts with the answer.
 */
export function roleOfAnswerer(offered: Setup | undefined, running: DtlsRole | undefined): DtlsRole {
  if (offered === 'holdconn') throw contentFault('The offer has a=setup:holdconn, which is of no use here.');
  if (offered === 'active') return checked('server', running);
  if (offered === 'passive') return checked('client', running);
  return running ?? 'client';
}

/** Ours, when we have offered `actpass`. An absent `a=setup` is read as `active`, as browsers read it. */
export function roleOfOfferer(answered: Setup | undefined, running: DtlsRole | undefined): DtlsRole {
  if (answered === 'holdconn' || answered === 'actpass') {
    throw contentFault(`The answer has a=setup:${answered}; it has to choose: active or passive.`);
  }
  return checked(answered === 'passive' ? 'client' : 'server', running);
}

function checked(role: DtlsRole, running: DtlsRole | undefined): DtlsRole {
  if (running === undefined || running === role) return role;
  throw contentFault(
    `a=setup changes the roles of the DTLS association that is in use, where this side is the ${running}.`,
  );
}

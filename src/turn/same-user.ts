/** Whether a request comes from the user to whom something belongs. RFC 8656 §5, RFC 7635 §9. */
import type { AuthenticatedUser } from './authenticator.ts';

/**
 * Names are compared, but all who bring tokens have the name of a key. On the 5-tuple of an allocation (`here`) a fresh
 * token may take the place of the old one, and its key that of an old key. From elsewhere it must be the very same token.
 */
export function isSameUser(owner: AuthenticatedUser, user: AuthenticatedUser, here: boolean): boolean {
  if (owner.token === undefined || user.token === undefined) {
    return owner.token === user.token && owner.username === user.username;
  }
  return here || owner.token === user.token;
}

/** Gives every component the one session of this page. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Session } from '../app/session.ts';

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('drawn outside of SessionContext');
  return session;
}

/** People at the door; the host lets them in or not. */
import { Hand } from 'lucide';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';

export function KnockRequests() {
  const session = useSession();
  const w = words();
  const answer = (who: Parameters<typeof session.call.admit>[0], allow: boolean): void => {
    // Somebody who has given up meanwhile is no fault worth a word: the line goes by itself.
    session.call.admit(who, allow).catch(() => undefined);
  };
  return (
    <>
      {session.state.value.knocks.map((knock) => (
        <div key={knock.id} class="line knock" role="alert">
          <Icon of={Hand} />
          <p>{w.knocks(knock.name)}</p>
          <button type="button" class="button button-quiet" onClick={() => answer(knock.id, false)}>
            {w.decline}
          </button>
          <button type="button" class="button button-primary" onClick={() => answer(knock.id, true)}>
            {w.admit}
          </button>
        </div>
      ))}
    </>
  );
}

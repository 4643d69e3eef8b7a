/** At the door of a room whose host decides. */
import { useSession } from '../ui/context.ts';
import { Mark } from '../ui/mark.tsx';
import { words } from '../words/words.ts';

export function Waiting() {
  const session = useSession();
  const w = words();
  return (
    <section class="pre-join-form stack waiting" aria-live="polite">
      <span class="waiting-mark">
        <Mark size={72} joining />
      </span>
      <h1>{w.waitingTitle}</h1>
      <p class="lead">{w.waitingNote}</p>
      <button type="button" class="button button-quiet" onClick={() => session.leave()}>
        {w.cancel}
      </button>
    </section>
  );
}

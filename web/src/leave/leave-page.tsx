/** After the call: why it ended, and the ways on. */
import type { EndReason } from '../app/session.ts';
import { useSession } from '../ui/context.ts';
import { Mark } from '../ui/mark.tsx';
import { TopBar } from '../ui/top-bar.tsx';
import { words } from '../words/words.ts';

function titleOf(reason: EndReason): string {
  const w = words();
  return {
    left: w.leftTitle,
    removed: w.removedTitle,
    declined: w.declinedTitle,
    replaced: w.replacedTitle,
  }[reason];
}

export function LeavePage() {
  const session = useSession();
  const w = words();
  const ended = session.ended.value;
  if (!ended) return null;
  // Who was sent away or has the call elsewhere is not asked to come back by this page.
  const mayReturn = ended.room !== undefined && ended.reason === 'left';
  return (
    <div class="page">
      <TopBar />
      <main class="leave">
        <Mark size={72} />
        <h1>{titleOf(ended.reason)}</h1>
        {ended.reason === 'replaced' && <p class="lead">{w.replacedNote}</p>}
        <div class="leave-buttons">
          {mayReturn && (
            <button
              type="button"
              class="button button-primary button-large"
              onClick={() => session.moveOn('again')}
            >
              {w.rejoin}
            </button>
          )}
          <button
            type="button"
            class={mayReturn ? 'button button-quiet button-large' : 'button button-primary button-large'}
            onClick={() => session.moveOn('new')}
          >
            {w.newCall}
          </button>
        </div>
      </main>
    </div>
  );
}

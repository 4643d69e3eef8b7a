/** Tells joins, leaves, mutes and messages: as a chip for the eye, as a live region for screen readers. */
import { useEffect, useRef } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { words } from '../words/words.ts';
import { announcements } from './announcements.ts';
import { panel } from './panel.ts';
import { said, say } from './say.ts';

export function Announcer() {
  const { state } = useSession();
  const now = state.value;
  const before = useRef(now);
  useEffect(() => {
    const chatOpen = panel.peek() === 'chat';
    for (const sentence of announcements(before.current, now, words(), chatOpen)) say(sentence);
    before.current = now;
  }, [now]);
  return (
    <div class="announcer" role="status" aria-live="polite">
      {said.value && <p class="chip announcement">{said.value}</p>}
    </div>
  );
}

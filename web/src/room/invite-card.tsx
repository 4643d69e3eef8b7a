/** What one sees when alone in the room: the link, and what happens next. */
import { useSession } from '../ui/context.ts';
import { Mark } from '../ui/mark.tsx';
import { words } from '../words/words.ts';
import { Invitation } from './invitation.tsx';

export function InviteCard() {
  const room = useSession().state.value.room;
  const w = words();
  const next = room?.entry === 'ask' ? w.aloneNextAsk : room?.passcode ? w.aloneNextPasscode : w.aloneNext;
  return (
    <section class="invite-card" aria-labelledby="alone-title">
      <Mark size={64} joining />
      <h2 id="alone-title">{w.aloneTitle}</h2>
      <p class="lead">{next}</p>
      <Invitation />
    </section>
  );
}

/** The room's name and who may come in, in the corner of the stage. */
import { Lock } from 'lucide';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';

export function RoomTitle() {
  const room = useSession().state.value.room;
  if (!room || (room.title === '' && !room.locked)) return null;
  return (
    <h1 class="room-title">
      {room.title}
      {room.locked && (
        <span class="chip">
          <Icon of={Lock} size={14} />
          {words().locked}
        </span>
      )}
    </h1>
  );
}

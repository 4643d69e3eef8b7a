/** The public rooms that are open now, under which name one shows up there, and the way to open another. */
import { Plus, Users } from 'lucide';
import { useState } from 'preact/hooks';
import type { RoomListing } from '../../../src/signaling/index.ts';
import { keepPreferences } from '../app/preferences.ts';
import { go } from '../app/route.ts';
import { useSession } from '../ui/context.ts';
import { Field } from '../ui/field.tsx';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';
import { PublicRoomForm } from './public-room-form.tsx';

function conditionsOf(room: RoomListing): string {
  const w = words();
  const conditions: string[] = [];
  if (room.people >= room.limit) conditions.push(w.full);
  else if (room.locked) conditions.push(w.locked);
  if (room.passcode) conditions.push(w.withPasscode);
  if (room.entry === 'ask') conditions.push(w.knockFirst);
  return conditions.join(' · ');
}

function RoomLine({ room }: { room: RoomListing }) {
  const w = words();
  const conditions = conditionsOf(room);
  return (
    <li>
      <button type="button" class="room-line" onClick={() => go({ kind: 'room', id: room.id })}>
        <span class="room-line-text">
          <strong>{room.title || w.untitledRoom}</strong>
          {conditions && <small>{conditions}</small>}
        </span>
        <span class="room-line-people">
          <Icon of={Users} size={16} />
          {w.peopleOf(room.people, room.limit)}
        </span>
      </button>
    </li>
  );
}

export function Lobby() {
  const session = useSession();
  const [opening, setOpening] = useState(false);
  const w = words();
  const { rooms, signaling } = session.state.value;
  const connected = signaling.status === 'connected';
  return (
    <section class="card lobby" aria-labelledby="lobby-title">
      <div class="lobby-head">
        <h2 id="lobby-title">{w.publicRooms}</h2>
        <button
          type="button"
          class="button button-plain"
          aria-expanded={opening}
          onClick={() => setOpening(!opening)}
        >
          <Icon of={Plus} size={18} />
          {w.makePublicRoom}
        </button>
      </div>
      {opening && <PublicRoomForm />}
      {rooms.length > 0 ? (
        <ul class="room-list">
          {rooms.map((room) => (
            <RoomLine key={room.id} room={room} />
          ))}
        </ul>
      ) : (
        <p class="note lobby-empty" aria-live="polite">
          {connected ? w.noPublicRooms : w.lobbyConnecting}
        </p>
      )}
      <Field
        label={w.yourName}
        value={session.name.value}
        placeholder={w.namePlaceholder}
        maxLength={64}
        autocomplete="nickname"
        onText={(name) => {
          session.name.value = name;
          keepPreferences({ name: name.trim() });
        }}
      />
    </section>
  );
}

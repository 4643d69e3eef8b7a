/** Who is here; the host may ask somebody to go. */
import { useSession } from '../ui/context.ts';
import { words } from '../words/words.ts';
import { attempt } from './attempt.ts';

export function PeopleList() {
  const session = useSession();
  const { peers, name, isHost } = session.state.value;
  const w = words();
  return (
    <ul class="people">
      <li>
        <span class="people-name">
          {name} <small>{w.you}</small>
        </span>
        {isHost && <span class="chip">{w.host}</span>}
      </li>
      {peers.map((peer) => (
        <li key={peer.id}>
          <span class="people-name">{peer.name}</span>
          {peer.host && <span class="chip">{w.host}</span>}
          {isHost && (
            <button
              type="button"
              class="button button-plain"
              aria-label={w.removeName(peer.name)}
              onClick={() => attempt(session.call.remove(peer.id))}
            >
              {w.remove}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The first page: one sentence, one button, one field, and the public rooms. */
import { useEffect } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { Mark } from '../ui/mark.tsx';
import { TopBar } from '../ui/top-bar.tsx';
import { words } from '../words/words.ts';
import { LinkField } from './link-field.tsx';
import { Lobby } from './lobby.tsx';

export function HomePage() {
  const session = useSession();
  const w = words();
  useEffect(() => {
    // A refusal here means a server without a lobby to watch: the list simply stays empty.
    session.call.watchLobby(true).catch(() => undefined);
    return () => void session.call.watchLobby(false).catch(() => undefined);
  }, [session]);
  return (
    <div class="page">
      <TopBar brand={false} />
      <main class="home">
        <section class="home-action">
          <span class="home-mark">
            <Mark size={88} />
          </span>
          <h1>{w.homeSentence}</h1>
          <p class="lead">{w.homeMore}</p>
          <button
            type="button"
            class="button button-primary button-large"
            onClick={() => session.begin({ visibility: 'private' })}
          >
            {w.startCall}
          </button>
          <LinkField />
        </section>
        <Lobby />
      </main>
    </div>
  );
}

/** Shows the drawer that is open. Those that few people open are loaded when they do. */
import { useEffect } from 'preact/hooks';
import { Late } from '../ui/late.tsx';
import { words } from '../words/words.ts';
import { panel } from './panel.ts';
import { say } from './say.ts';

const lateDrawers = {
  chat: () => import('./chat-drawer.tsx').then((module) => module.ChatDrawer),
  more: () => import('./more-drawer.tsx').then((module) => module.MoreDrawer),
  details: () => import('./details/details-drawer.tsx').then((module) => module.DetailsDrawer),
  help: () => import('./help-drawer.tsx').then((module) => module.HelpDrawer),
};

/** Chat and "more" are what people open first: fetched once the call has begun, they open at once. */
const SOON_MS = 1500;

function giveUp(): void {
  panel.value = undefined;
  say(words().loadFailed);
}

export function Drawers() {
  const which = panel.value;
  useEffect(() => {
    const fetchSoon = (): void => {
      // Without a connection just now they are fetched when they are opened.
      Promise.all([lateDrawers.chat(), lateDrawers.more()]).catch(() => undefined);
    };
    const timer = setTimeout(fetchSoon, SOON_MS);
    return () => clearTimeout(timer);
  }, []);
  return which ? <Late key={which} load={lateDrawers[which]} onFailure={giveUp} /> : null;
}

/** The keys of the call: each letter does what its button does; Space is to be held. */
import { useEffect } from 'preact/hooks';
import type { Session } from '../app/session.ts';
import { useSession } from '../ui/context.ts';
import { words } from '../words/words.ts';
import { toggleCamera, toggleMicrophone, toggleScreen } from './controls.ts';
import { actionOf, isTaken, type KeyAction } from './keys.ts';
import { panel, togglePanel } from './panel.ts';
import { say } from './say.ts';

/** `close` and the drawers share one place: at most one is open. */
function act(action: Exclude<KeyAction, 'talk'>, session: Session): void {
  if (action === 'microphone') toggleMicrophone(session);
  else if (action === 'camera') toggleCamera(session);
  else if (action === 'share') toggleScreen(session);
  else if (action === 'close') panel.value = undefined;
  else togglePanel(action);
}

export function useKeyboard(): void {
  const session = useSession();
  useEffect(() => {
    let talking = false;
    const down = (event: KeyboardEvent): void => {
      const action = actionOf(event);
      const target = event.target instanceof Element ? event.target : document.body;
      if (!action || event.repeat || isTaken(action, { tagName: target.tagName, role: target.role })) return;
      if (action !== 'talk') {
        // Otherwise the letter would be the first of a message in the field that gets the focus.
        if (action !== 'close') event.preventDefault();
        act(action, session);
        return;
      }
      event.preventDefault();
      if (!session.media.muted.value || !session.media.microphone.value) return;
      talking = true;
      void session.media.setMuted(false);
      say(words().pushToTalk);
    };
    const silence = (): void => {
      if (!talking) return;
      talking = false;
      void session.media.setMuted(true);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.code === 'Space') silence();
    };
    addEventListener('keydown', down);
    addEventListener('keyup', up);
    addEventListener('blur', silence);
    return () => {
      removeEventListener('keydown', down);
      removeEventListener('keyup', up);
      removeEventListener('blur', silence);
    };
  }, [session]);
}

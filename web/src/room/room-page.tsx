/** The call itself: the stage, one's own picture, the bar, and what is open beside them. */
import { useEffect, useRef } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { words } from '../words/words.ts';
import { Announcer } from './announcer.tsx';
import { ControlBar } from './control-bar.tsx';
import { Drawers } from './drawers.tsx';
import { recordHistory } from './history.ts';
import { KnockRequests } from './knock-requests.tsx';
import { panel } from './panel.ts';
import { RoomTitle } from './room-title.tsx';
import { SelfPicture } from './self-picture.tsx';
import { Sounds } from './sounds.tsx';
import { Stage } from './stage.tsx';
import { TroubleLine } from './trouble-line.tsx';
import { useBarHiding } from './use-bar-hiding.ts';
import { useKeyboard } from './use-keyboard.ts';
import { useWakeLock } from './use-wake-lock.ts';

export function RoomPage() {
  const session = useSession();
  const element = useRef<HTMLDivElement>(null);
  const hidden = useBarHiding(element);
  useKeyboard();
  useWakeLock();
  useEffect(() => recordHistory(session.call), [session]);
  useEffect(() => {
    document.documentElement.classList.add('in-call');
    return () => {
      document.documentElement.classList.remove('in-call');
      panel.value = undefined;
    };
  }, []);
  return (
    <div ref={element} class={hidden ? 'room bar-hidden' : 'room'} data-panel={panel.value ?? 'none'}>
      <main class="room-main" aria-label={session.state.value.room?.title || words().untitledRoom}>
        <RoomTitle />
        <Stage />
        <SelfPicture />
        <div class="room-notices">
          <TroubleLine />
          <KnockRequests />
          <Announcer />
        </div>
        <ControlBar />
      </main>
      <Drawers />
      <Sounds />
    </div>
  );
}

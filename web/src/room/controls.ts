/** What the bar and the keys do. Each says aloud what it has done. */
import type { Session } from '../app/session.ts';
import { words } from '../words/words.ts';
import { say } from './say.ts';

export function toggleMicrophone({ media }: Session): void {
  const mute = !media.muted.value && media.microphone.value !== null;
  void media.setMuted(mute).then(() => {
    const w = words();
    // Without a microphone there is nothing to unmute; the trouble line explains.
    if (mute || media.microphone.value) say(mute ? w.youMuted : w.youUnmuted);
  });
}

export function toggleCamera({ media }: Session): void {
  void media
    .setCamera(media.camera.value === null)
    .then((on) => say(on ? words().cameraNowOn : words().cameraNowOff));
}

export function toggleScreen({ media }: Session): void {
  if (media.screen.value) media.stopScreen();
  else void media.startScreen().then((on) => on && say(words().youShare));
}

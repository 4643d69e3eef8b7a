/** What the bar and the keys do. Each says aloud what it has done. */
import type { Session } from '../app/session.ts';
import { problemWords } from '../words/problem-words.ts';
import { words } from '../words/words.ts';
import { say } from './say.ts';

export function toggleMicrophone({ media }: Session): void {
  const mute = !media.muted.value && media.microphone.value !== null;
  void media.setMuted(mute).then(() => {
    const w = words();
    const problem = media.microphoneProblem.value;
    if (mute || media.microphone.value) say(mute ? w.youMuted : w.youUnmuted);
    else if (problem) say(problemWords(problem, w.microphone));
  });
}

export function toggleCamera({ media }: Session): void {
  void media.setCamera(media.camera.value === null).then((on) => {
    const w = words();
    const problem = media.cameraProblem.value;
    say(problem ? problemWords(problem, w.camera) : on ? w.cameraNowOn : w.cameraNowOff);
  });
}

export function toggleScreen({ media }: Session): void {
  if (media.screen.value) media.stopScreen();
  else void media.startScreen().then((on) => on && say(words().youShare));
}

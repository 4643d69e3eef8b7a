/** What is wrong with the camera or the microphone, and what to do about it. */
import { TriangleAlert } from 'lucide';
import type { MediaProblem } from '../media/media-error.ts';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { Late } from '../ui/late.tsx';
import { problemWords } from '../words/problem-words.ts';
import { words } from '../words/words.ts';

export function ProblemCards() {
  const { media } = useSession();
  const w = words();
  const camera = media.cameraProblem.value;
  const microphone = media.microphoneProblem.value;
  if (!camera && !microphone) return null;
  if (camera && camera === microphone) return <ProblemCard problem={camera} what={w.cameraAndMicrophone} />;
  return (
    <>
      {camera && <ProblemCard problem={camera} what={w.camera} />}
      {microphone && <ProblemCard problem={microphone} what={w.microphone} />}
    </>
  );
}

function ProblemCard({ problem, what }: { problem: MediaProblem; what: string }) {
  const { media } = useSession();
  const w = words();
  const secureAddress = `https://${location.host}${location.pathname}${location.search}`;
  return (
    <section class="problem" role="alert">
      <p class="problem-text">
        <Icon of={TriangleAlert} />
        <span>
          {problemWords(problem, what)} <span class="problem-calm">{w.joinWithout}</span>
        </span>
      </p>
      {problem === 'denied' && <Late load={browserHelp} />}
      {problem === 'system' && <Late load={systemHelp} />}
      {problem === 'insecure' ? (
        <a class="button button-quiet" href={secureAddress}>
          {w.problemInsecureFix}
        </a>
      ) : (
        <button type="button" class="button button-quiet" onClick={() => void media.open()}>
          {w.tryAgain}
        </button>
      )}
    </section>
  );
}

/** The pictures and steps are loaded only when somebody needs them. */
const browserHelp = () => import('./permission-help.tsx').then((module) => module.BrowserHelp);
const systemHelp = () => import('./permission-help.tsx').then((module) => module.SystemHelp);

/** The sentence for what is wrong with a device. */
import type { MediaProblem } from '../media/media-error.ts';
import { words } from './words.ts';

/** @param what the device in words, such as "Camera" */
export function problemWords(problem: MediaProblem, what: string): string {
  const w = words();
  switch (problem) {
    case 'insecure':
      return w.problemInsecure;
    case 'denied':
      return w.problemDenied(what);
    case 'system':
      return w.problemSystem(what);
    case 'missing':
      return w.problemMissing(what);
    case 'busy':
      return w.problemBusy(what);
    case 'constraint':
      return w.problemConstraint(what);
    case 'other':
      return w.problemOther(what);
  }
}

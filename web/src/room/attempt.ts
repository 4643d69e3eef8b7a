/** Waits for a wish that the server may refuse, and says the refusal in words. */
import { codeOf } from '../app/session.ts';
import { errorWords } from '../words/words.ts';
import { say } from './say.ts';

export function attempt(wish: Promise<void>): void {
  wish.catch((error: unknown) => {
    say(errorWords(codeOf(error)));
  });
}

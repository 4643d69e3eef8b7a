/** A part of the page that is loaded when it is first drawn, and what is said when it cannot be. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from '../words/words.ts';

export interface LateProps {
  /** Always the same function for one place in the tree. */
  readonly load: () => Promise<ComponentType>;
  /** Takes the place of the sentence that stands there otherwise. */
  readonly onFailure?: () => void;
}

export function Late({ load, onFailure }: LateProps) {
  const [Loaded, setLoaded] = useState<ComponentType | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    load().then(
      (component) => setLoaded(() => component),
      () => (onFailure ? onFailure() : setFailed(true)),
    );
  }, [load]);
  if (failed) {
    return (
      <p class="note note-bad" role="alert">
        {words().loadFailed}
      </p>
    );
  }
  return Loaded ? <Loaded /> : null;
}

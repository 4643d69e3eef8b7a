/** A part of the page that is loaded when it is first drawn. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface LateProps {
  /** Always the same function for one place in the tree. */
  readonly load: () => Promise<ComponentType>;
}

export function Late({ load }: LateProps) {
  const [Loaded, setLoaded] = useState<ComponentType | undefined>(undefined);
  useEffect(() => {
    void load().then((component) => setLoaded(() => component));
  }, [load]);
  return Loaded ? <Loaded /> : null;
}

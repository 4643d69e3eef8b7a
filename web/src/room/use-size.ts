/** The size of an element, as it changes. CSS pixels. */
import { useEffect, useState } from 'preact/hooks';

export function useSize(element: { readonly current: HTMLElement | null }): {
  width: number;
  height: number;
} {
  const [size, setSize] = useState({ width: 0, height: 0 });
  const target = element.current;
  // The element may come later than the component (nobody is there at first), so this looks after each drawing.
  const [observed, setObserved] = useState<HTMLElement | null>(target);
  useEffect(() => {
    if (element.current !== observed) setObserved(element.current);
  });
  useEffect(() => {
    if (!observed) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(observed);
    return () => observer.disconnect();
  }, [observed]);
  return size;
}

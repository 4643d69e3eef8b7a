/** Hides the bar of a desktop call after a while without the pointer; never while the keyboard is in it. */
import { useEffect, useState } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { panel } from './panel.ts';

const IDLE_MS = 4000;

export function useBarHiding(element: { readonly current: HTMLElement | null }): boolean {
  const { state } = useSession();
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    const room = element.current;
    // Without a hovering pointer there is no idle pointer: phones keep the bar.
    if (!room || !matchMedia('(hover: hover) and (pointer: fine)').matches) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const rest = (): void => {
      const inBar = room.querySelector('.bar:hover, .bar :focus-visible, .self:focus-visible') !== null;
      if (inBar) timer = setTimeout(rest, IDLE_MS);
      else setIdle(true);
    };
    const wake = (): void => {
      clearTimeout(timer);
      timer = setTimeout(rest, IDLE_MS);
      setIdle(false);
    };
    const signs = ['pointermove', 'pointerdown', 'keydown', 'focusin'];
    for (const sign of signs) room.addEventListener(sign, wake, { passive: true });
    addEventListener('keydown', wake);
    wake();
    return () => {
      clearTimeout(timer);
      for (const sign of signs) room.removeEventListener(sign, wake);
      removeEventListener('keydown', wake);
    };
  }, [element]);
  // Alone one looks for what to do next; with a drawer open one is busy: the bar stays.
  return idle && state.value.peers.length > 0 && panel.value === undefined;
}

/** Keeps the screen awake during a call, as far as the browser lets a page. */
import { useEffect } from 'preact/hooks';

export function useWakeLock(): void {
  useEffect(() => {
    if (!('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const hold = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      try {
        lock = await navigator.wakeLock.request('screen');
        if (over) await lock.release();
      } catch {
        // Refused on low battery: the screen then sleeps as it always does.
      }
    };
    // The browser lets go of it whenever the page is hidden.
    const seen = (): void => void hold();
    document.addEventListener('visibilitychange', seen);
    void hold();
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', seen);
      void lock?.release();
    };
  }, []);
}

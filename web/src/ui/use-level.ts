/** Follows the loudness of a track many times a second without drawing the component again. */
import { useEffect } from 'preact/hooks';
import { LevelMeter } from '../media/level-meter.ts';

const EVERY_MS = 80; // Faster than the eye needs for a meter, slow enough for six tiles on a phone.

/** @param heard gets 0 … 1; not called while there is no track. */
export function useLevel(track: MediaStreamTrack | null | undefined, heard: (level: number) => void): void {
  // `heard` only writes to refs; a new closure is no reason to build a new meter.
  useEffect(() => {
    if (!track) {
      heard(0);
      return;
    }
    const meter = new LevelMeter(track);
    const timer = setInterval(() => heard(meter.read()), EVERY_MS);
    return () => {
      clearInterval(timer);
      meter.close();
    };
  }, [track]);
}

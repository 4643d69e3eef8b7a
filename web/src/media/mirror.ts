/** Whether one's own picture is shown as in a mirror. */

/** A camera that looks away from the person shows the world, and the world is not mirrored. */
export const isMirrored = (track: MediaStreamTrack | null): boolean =>
  track?.getSettings().facingMode !== 'environment';

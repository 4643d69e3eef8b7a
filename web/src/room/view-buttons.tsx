/** Full screen, and the other person in a small window above everything else. */
import { Maximize, Minimize, PictureInPicture2 } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';

function useFullScreen(): boolean {
  const [full, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const changed = (): void => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', changed);
    return () => document.removeEventListener('fullscreenchange', changed);
  }, []);
  return full;
}

/** The shared screen when there is one, else the first person with a picture. */
const mainVideo = (): HTMLVideoElement | null =>
  document.querySelector<HTMLVideoElement>('.shared-screen video, .tile video');

async function togglePictureInPicture(): Promise<void> {
  if (document.pictureInPictureElement) return document.exitPictureInPicture();
  await mainVideo()?.requestPictureInPicture();
}

export function ViewButtons() {
  const full = useFullScreen();
  const w = words();
  const toggleFullScreen = (): void => {
    const change = full ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    void change.catch(() => undefined); // Refused by the browser or an embedding page: the view stays.
  };
  return (
    <div class="button-row">
      {document.fullscreenEnabled && (
        <button type="button" class="button button-quiet" aria-pressed={full} onClick={toggleFullScreen}>
          <Icon of={full ? Minimize : Maximize} size={20} />
          {full ? w.leaveFullScreen : w.fullScreen}
        </button>
      )}
      {document.pictureInPictureEnabled && (
        <button
          type="button"
          class="button button-quiet"
          onClick={() => void togglePictureInPicture().catch(() => undefined)}
        >
          <Icon of={PictureInPicture2} size={20} />
          {w.pictureInPicture}
        </button>
      )}
    </div>
  );
}

/** Oneself as in a mirror, with the two switches and the level of the microphone. */
import { Mic, MicOff, Video as VideoIcon, VideoOff } from 'lucide';
import { useMemo, useRef } from 'preact/hooks';
import { isMirrored } from '../media/mirror.ts';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { useLevel } from '../ui/use-level.ts';
import { Video } from '../ui/video.tsx';
import { words } from '../words/words.ts';

export function Preview() {
  const { media } = useSession();
  const w = words();
  const camera = media.camera.value;
  const muted = media.muted.value || media.microphone.value === null;
  const stream = useMemo(() => (camera ? new MediaStream([camera]) : undefined), [camera]);
  return (
    <figure class="preview">
      {stream ? (
        <Video stream={stream} mirrored={isMirrored(camera)} label={w.you} />
      ) : (
        <p class="preview-empty">{media.asking.value ? w.askingPermission : w.cameraOff}</p>
      )}
      <figcaption class="preview-bar">
        <button
          type="button"
          class="round"
          aria-pressed={!muted}
          aria-label={muted ? w.unmute : w.mute}
          title={muted ? w.unmute : w.mute}
          onClick={() => void media.setMuted(!muted)}
        >
          <Icon of={muted ? MicOff : Mic} />
        </button>
        <button
          type="button"
          class="round"
          aria-pressed={camera !== null}
          aria-label={camera ? w.cameraStop : w.cameraStart}
          title={camera ? w.cameraStop : w.cameraStart}
          onClick={() => void media.setCamera(camera === null)}
        >
          <Icon of={camera ? VideoIcon : VideoOff} />
        </button>
        <LevelBars track={muted ? null : media.microphone.value} />
      </figcaption>
    </figure>
  );
}

const BARS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** A row of bars that fill as one speaks. */
function LevelBars({ track }: { track: MediaStreamTrack | null }) {
  const element = useRef<HTMLDivElement>(null);
  const w = words();
  useLevel(track, (level) => {
    const lit = Math.round(level * BARS.length);
    const bars = element.current;
    if (!bars) return;
    bars.setAttribute('aria-valuenow', String(Math.round(level * 100)));
    [...bars.children].forEach((bar, index) => {
      bar.classList.toggle('lit', index < lit);
    });
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element cannot hold the bars.
    <div
      ref={element}
      class="level"
      role="meter"
      aria-label={w.microphoneLevel}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
      title={w.speakNow}
    >
      {BARS.map((bar) => (
        <i key={bar} />
      ))}
    </div>
  );
}

/** One's own picture: small, mirrored, in a corner that pointer and arrow keys choose. */
import { MicOff } from 'lucide';
import { useMemo, useRef, useState } from 'preact/hooks';
import { isMirrored } from '../media/mirror.ts';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { Video } from '../ui/video.tsx';
import { words } from '../words/words.ts';
import { type Corner, cornerAfter, FIRST_CORNER, nearestCorner } from './corner.ts';
import { initialOf } from './tile.tsx';

interface Drag {
  readonly pointer: number;
  readonly fromX: number;
  readonly fromY: number;
}

export function SelfPicture() {
  const { media, state } = useSession();
  const [corner, setCorner] = useState<Corner>(FIRST_CORNER);
  const drag = useRef<Drag | undefined>(undefined);
  const camera = media.camera.value;
  const stream = useMemo(() => (camera ? new MediaStream([camera]) : undefined), [camera]);
  const w = words();

  const pick = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { pointer: event.pointerId, fromX: event.clientX, fromY: event.clientY };
  };
  const move = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const from = drag.current;
    if (from?.pointer !== event.pointerId) return;
    event.currentTarget.classList.add('dragged');
    event.currentTarget.style.translate = `${event.clientX - from.fromX}px ${event.clientY - from.fromY}px`;
  };
  const drop = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    if (drag.current?.pointer !== event.pointerId) return;
    drag.current = undefined;
    const picture = event.currentTarget;
    const box = picture.getBoundingClientRect();
    const stage = picture.parentElement?.getBoundingClientRect();
    picture.classList.remove('dragged');
    picture.style.translate = '';
    if (!stage) return;
    const x = box.left + box.width / 2 - stage.left;
    const y = box.top + box.height / 2 - stage.top;
    setCorner(nearestCorner(x, y, stage.width, stage.height));
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a group that takes arrow keys; a fieldset is for forms.
    <div
      class={`self self-${corner.vertical} self-${corner.horizontal}`}
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move it, so it must take the focus.
      tabIndex={0}
      aria-label={w.yourPicture}
      onKeyDown={(event) => {
        if (!event.key.startsWith('Arrow')) return;
        event.preventDefault();
        setCorner(cornerAfter(event.key, corner));
      }}
      onPointerDown={pick}
      onPointerMove={move}
      onPointerUp={drop}
      onPointerCancel={drop}
    >
      {stream ? (
        <Video stream={stream} mirrored={isMirrored(camera)} label={w.you} />
      ) : (
        <span class="initial initial-small" aria-hidden="true">
          {initialOf(state.value.name)}
        </span>
      )}
      <span class="tile-label">
        {(media.muted.value || !media.microphone.value) && <Icon of={MicOff} size={14} />}
        <span class="tile-name">{w.you}</span>
      </span>
    </div>
  );
}

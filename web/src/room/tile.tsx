/** One person: picture or initial, name, muted, speaking, and how the media travel. */
import { MicOff, MonitorUp } from 'lucide';
import { useMemo, useRef } from 'preact/hooks';
import type { PeerState } from '../../../src/client/index.ts';
import { Icon } from '../ui/icon.tsx';
import { Mark } from '../ui/mark.tsx';
import { useLevel } from '../ui/use-level.ts';
import { Video } from '../ui/video.tsx';
import { words } from '../words/words.ts';
import { PathBadge } from './path-badge.tsx';

export interface TileProps {
  readonly peer: PeerState;
  /** CSS pixels; without it the style sheet decides (in the strip). */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly onShowScreen: (() => void) | undefined;
}

/** A quiet room stays below; a voice at arm's length goes above. Of `levelOf`'s 0 … 1. */
const SPEAKING = 0.3;
/** The ring outlasts the pauses between words. */
const HOLD_MS = 500;

export function initialOf(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '·';
}

function useSpeakingRing(element: { readonly current: HTMLElement | null }, peer: PeerState): void {
  const lastLoud = useRef(Number.NEGATIVE_INFINITY);
  const track = peer.media.microphone ? peer.camera?.getAudioTracks()[0] : undefined;
  useLevel(track, (level) => {
    const now = performance.now();
    if (level > SPEAKING) lastLoud.current = now;
    element.current?.classList.toggle('speaking', now - lastLoud.current < HOLD_MS);
  });
}

export function Tile({ peer, size, onShowScreen }: TileProps) {
  const element = useRef<HTMLElement>(null);
  useSpeakingRing(element, peer);
  const w = words();
  const seen = peer.media.camera && (peer.camera?.getVideoTracks().length ?? 0) > 0;
  const style = useMemo(
    () => (size ? { width: `${size.width}px`, height: `${size.height}px` } : {}),
    [size?.width, size?.height, size],
  );
  return (
    <figure ref={element} class="tile" style={style} data-link={peer.link} data-peer={peer.id}>
      {seen ? (
        <Video stream={peer.camera} label={peer.name} />
      ) : (
        <span class="initial" aria-hidden="true">
          {initialOf(peer.name)}
        </span>
      )}
      <LinkVeil peer={peer} />
      <figcaption class="tile-label">
        {!peer.media.microphone && (
          <span class="tile-muted" role="img" aria-label={w.muted}>
            <Icon of={MicOff} size={16} />
          </span>
        )}
        <span class="tile-name">{peer.name}</span>
        {peer.away && <span class="tile-away">{w.away}</span>}
        <PathBadge path={peer.path} />
      </figcaption>
      {onShowScreen && (
        <button type="button" class="round tile-screen" aria-label={w.showThisScreen} onClick={onShowScreen}>
          <Icon of={MonitorUp} size={20} />
        </button>
      )}
    </figure>
  );
}

/** While there is no working link, what is being done lies over the picture. */
function LinkVeil({ peer }: { peer: PeerState }) {
  const w = words();
  if (peer.link === 'connected') return null;
  const sentence = {
    connecting: w.connectingTo,
    reconnecting: w.reconnectingTo,
    failed: w.failedTo,
  }[peer.link];
  return (
    <div class={`veil veil-${peer.link}`}>
      <Mark size={44} joining={peer.link !== 'failed'} />
      <span>{sentence}</span>
    </div>
  );
}

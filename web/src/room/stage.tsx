/** Where people are seen: a grid, or a shared screen with the people as a strip, or the invitation when alone. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PeerState } from '../../../src/client/index.ts';
import { useSession } from '../ui/context.ts';
import { Video } from '../ui/video.tsx';
import { words } from '../words/words.ts';
import { bestFit } from './best-fit.ts';
import { InviteCard } from './invite-card.tsx';
import { Tile } from './tile.tsx';
import { useSize } from './use-size.ts';

/** Between tiles, CSS pixels; the style sheet's gap is the same. */
const GAP = 8;

const sharesScreen = (peer: PeerState): boolean => peer.media.screen && peer.screen !== undefined;

/** Of several screens, the one that was chosen; else the newest. */
function useShownScreen(peers: readonly PeerState[]): [PeerState | undefined, (id: string) => void] {
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const order = useRef<string[]>([]);
  const sharing = peers.filter(sharesScreen).map((peer) => peer.id as string);
  order.current = [
    ...order.current.filter((id) => sharing.includes(id)),
    ...sharing.filter((id) => !order.current.includes(id)),
  ];
  const newest = order.current.at(-1);
  // A newer screen takes the stage from a chosen one.
  useEffect(() => setChosen(undefined), [newest]);
  const id = chosen !== undefined && sharing.includes(chosen) ? chosen : newest;
  return [peers.find((peer) => peer.id === id), setChosen];
}

export function Stage() {
  const { peers } = useSession().state.value;
  const element = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(element);
  const [shown, show] = useShownScreen(peers);
  if (peers.length === 0) {
    return (
      <div class="stage stage-alone">
        <InviteCard />
      </div>
    );
  }
  const fit = bestFit(peers.length, width, height, GAP);
  return (
    <div class={shown ? 'stage stage-sharing' : 'stage'}>
      {shown && (
        <figure class="shared-screen">
          <Video stream={shown.screen} fit="contain" label={words().screenOf(shown.name)} />
          <figcaption class="tile-label">{words().screenOf(shown.name)}</figcaption>
        </figure>
      )}
      <div ref={element} class="tiles">
        {peers.map((peer) => (
          <Tile
            key={peer.id}
            peer={peer}
            size={shown ? undefined : fit}
            onShowScreen={
              shown && shown.id !== peer.id && sharesScreen(peer) ? () => show(peer.id) : undefined
            }
          />
        ))}
      </div>
    </div>
  );
}

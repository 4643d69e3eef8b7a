/** How many messages came while the chat was closed. */
import { useEffect, useRef } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { panel } from './panel.ts';

export function useUnread(): number {
  const { chat } = useSession().state.value;
  const lastSeen = useRef(chat.at(-1)?.id);
  const open = panel.value === 'chat';
  const newest = chat.at(-1)?.id;
  useEffect(() => {
    if (open) lastSeen.current = newest;
  }, [open, newest]);
  if (open) return 0;
  const seenAt = chat.findIndex((entry) => entry.id === lastSeen.current);
  return chat.slice(seenAt + 1).filter((entry) => entry.from !== 'self').length;
}

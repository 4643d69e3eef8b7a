/** What a TURN client's requests are for, and when what they obtained has to be renewed. RFC 8656 §8 … §12, RFC 6062 §4.3. */
import type { Millis, SocketAddress } from '../base/index.ts';
import type { ClientTask } from './client-events.ts';

export type Task =
  | { readonly kind: 'binding' }
  | { readonly kind: 'allocate' }
  | { readonly kind: 'refresh'; readonly asked: boolean }
  | { readonly kind: 'move' }
  | { readonly kind: 'connect'; readonly peer: SocketAddress }
  | { readonly kind: 'delete' }
  | { readonly kind: 'permission'; readonly ips: readonly string[]; readonly again: boolean }
  | {
      readonly kind: 'channel';
      readonly peer: SocketAddress;
      readonly number: number;
      readonly again: boolean;
    };

/** RFC 8656 §8: refresh about a minute before the end: longer than a request takes to fail (39.5 s). */
export const REFRESH_MARGIN_MS: Millis = 60_000;
/** 300 s of RFC 8656 §9, less the margin. */
export const PERMISSION_REFRESH_MS: Millis = 300_000 - REFRESH_MARGIN_MS;
/** 600 s of RFC 8656 §12, less the margin. */
export const CHANNEL_REFRESH_MS: Millis = 600_000 - REFRESH_MARGIN_MS;

/** Where one of these fails there is no allocation. */
const DECISIVE: ReadonlySet<ClientTask> = new Set(['allocate', 'refresh', 'move']);

/** Whether the allocation is gone with a failure. RFC 8656 §5: 437 to anything says that there is none. */
export function endsAllocation(task: Task, status: number | undefined): boolean {
  return DECISIVE.has(task.kind) || (status === 437 && task.kind !== 'binding');
}

export function peersOf(task: Task): readonly string[] {
  if (task.kind === 'permission') return task.ips;
  return task.kind === 'channel' || task.kind === 'connect' ? [task.peer.ip] : [];
}

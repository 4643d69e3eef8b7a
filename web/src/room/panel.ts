/** Which drawer is open beside the stage: at most one. */
import { signal } from '@preact/signals';

export type Panel = 'chat' | 'more' | 'details' | 'help';

export const panel = signal<Panel | undefined>(undefined);

export function togglePanel(which: Panel): void {
  panel.value = panel.value === which ? undefined : which;
}

/** A panel at the right of the stage; on a phone a sheet over all of it. Takes the focus and gives it back. */
import { X } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';
import { panel } from './panel.ts';

export interface DrawerProps {
  readonly title: string;
  readonly name: string;
  readonly children: ComponentChildren;
  /** The element to begin in; the close button when nothing matches. */
  readonly focus?: string;
}

export function Drawer({ title, name, children, focus }: DrawerProps) {
  const element = useRef<HTMLElement>(null);
  const titleId = useId();
  // Before the next key can arrive: the first letter of a message must not act as a key of the call.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const drawer = element.current;
    const first = focus ? drawer?.querySelector<HTMLElement>(focus) : undefined;
    (first ?? drawer?.querySelector<HTMLElement>('.drawer-close'))?.focus({ preventScroll: true });
    return () => {
      // Only when the focus was still in here: whoever moved it on keeps it.
      const lost = document.activeElement === document.body || drawer?.contains(document.activeElement);
      if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [focus]);
  return (
    <aside ref={element} class="drawer" data-drawer={name} aria-labelledby={titleId}>
      <header class="drawer-head">
        <h2 id={titleId}>{title}</h2>
        <button
          type="button"
          class="button button-plain button-icon drawer-close"
          aria-label={words().close}
          onClick={() => {
            panel.value = undefined;
          }}
        >
          <Icon of={X} />
        </button>
      </header>
      {children}
    </aside>
  );
}

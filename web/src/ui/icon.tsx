/** One icon of the lucide set, drawn as an SVG that screen readers skip: its button has the words. */
import type { IconNode } from 'lucide';
import { h } from 'preact';

export function Icon({ of, size = 22 }: { of: IconNode; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  );
}

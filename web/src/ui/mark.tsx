/** The mark: two circles and the joint between them. While `joining`, the joint is still being made. */
export function Mark({ size = 40, joining = false }: { size?: number; joining?: boolean }) {
  return (
    <svg
      class={joining ? 'mark mark-joining' : 'mark'}
      width={size}
      height={size / 2}
      viewBox="0 0 48 24"
      fill="none"
      stroke="currentColor"
      stroke-width="3"
      aria-hidden="true"
    >
      <circle cx="11" cy="12" r="8" />
      <circle cx="37" cy="12" r="8" />
      <rect x="19" y="10.5" width="10" height="3" fill="currentColor" stroke="none" />
    </svg>
  );
}

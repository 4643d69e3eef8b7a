/** Direct or relay, with the round-trip time. */
import type { Path } from '../../../src/client/index.ts';
import { words } from '../words/words.ts';

export function PathBadge({ path }: { path: Path | undefined }) {
  if (!path) return null;
  const w = words();
  const roundTrip = path.roundTripMs === undefined ? '' : w.milliseconds(Math.round(path.roundTripMs));
  return (
    <span
      class={`path path-${path.kind}`}
      data-path={path.kind}
      title={path.kind === 'direct' ? w.directMeaning : w.relayMeaning}
    >
      {path.kind === 'direct' ? w.direct : w.relay}
      {roundTrip && <span class="path-time">{roundTrip}</span>}
    </span>
  );
}

/** The version of this package, from its own package.json. */
import { readFileSync } from 'node:fs';

/** As in package.json: `0.1.0`. */
export function packageVersion(): string {
  // Two folders up from src/server/ as well as from dist/server/.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

/** Whether this Node is one that the package is made for. */
import { type Finding, fail, ok } from './finding.ts';

/** As `engines` of package.json says. */
const OLDEST = [20, 19] as const;

export function checkNodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  return enough
    ? ok(`Node ${version}`)
    : fail(`Node ${version} is too old.`, `Install Node ${OLDEST.join('.')} or newer.`);
}

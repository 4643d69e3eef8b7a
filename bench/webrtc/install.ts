/** The stacks of npm that ours is measured beside, in this folder alone, by its own lock file. Their scripts are not run. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function installOthers(): void {
  const here = fileURLToPath(new URL('./', import.meta.url));
  if (existsSync(`${here}node_modules`)) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
}

/** Runs a child process to its end, without a shell, the same on every platform. Decides nothing about its output. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The root of the repository. */
export const ROOT = path.resolve(import.meta.dirname, '..');

/** How a child ended. `output` is standard output; it was shown while it came, unless `quiet`. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly quiet?: boolean;
}

/** Starts `file` with `args` at the root. A child that cannot be started ends with code 127 and the reason as output. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const errors = options.quiet ? 'ignore' : 'inherit';
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', errors],
    });
    let output = '';
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (text: string) => {
      output += text;
      if (!options.quiet) process.stdout.write(text);
    });
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a tool that npm installed, through its JavaScript file: `.cmd` shims of Windows need a shell, this does not. */
export function runTool(packageName: string, args: readonly string[]): Promise<Ended> {
  const folder = path.join(ROOT, 'node_modules', packageName);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    readonly bin: string | Readonly<Record<string, string>>;
  };
  const tool = packageName === 'typescript' ? 'tsc' : (packageName.split('/').at(-1) ?? packageName);
  const file = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[tool];
  if (file === undefined) throw new Error(`The package ${packageName} offers no command ${tool}.`);
  return run(process.execPath, [path.join(folder, file), ...args]);
}

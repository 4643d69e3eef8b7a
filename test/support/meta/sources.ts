/** The files of the repository as data for the meta tests. Judges nothing. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One file. `path` is relative to the root, with `/` on every platform. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Files whose bytes are no text to read. */
const BINARY = /\.(png|jpe?g|gif|webp|ico|woff2?|wav|mp4|pcap|ivf)$/;

let listed: readonly SourceFile[] | undefined;

/** Every text file that git tracks or would track, sorted by path. */
export function repositoryFiles(): readonly SourceFile[] {
  listed ??= execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  })
    .split('\0')
    .filter((name) => name !== '' && !BINARY.test(name) && existsSync(path.join(ROOT, name)))
    .sort()
    .map((name) => ({ path: name, text: readFileSync(path.join(ROOT, name), 'utf8') }));
  return listed;
}

/** The repository's TypeScript under one of `folders`. */
export function typescriptFiles(...folders: readonly string[]): readonly SourceFile[] {
  return repositoryFiles().filter(
    (file) => /\.tsx?$/.test(file.path) && folders.some((folder) => file.path.startsWith(`${folder}/`)),
  );
}

/** `file:line: text of the line`, as a violation is printed. */
export function place(file: SourceFile, line: number): string {
  return `${file.path}:${line}: ${(file.text.split('\n')[line - 1] ?? '').trim()}`;
}

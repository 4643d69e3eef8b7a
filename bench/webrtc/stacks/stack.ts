/** The stacks that are measured, where each runs, and whether it is here. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium, findProgram } from '../../../test/support/programs.ts';
import type { Host, Router } from '../hosts/host.ts';
import { hostInChromium } from '../hosts/in-chromium.ts';
import { hostInNode } from '../hosts/in-node.ts';
import { hostInProgram } from '../hosts/in-program.ts';
import type { EndName } from '../protocol.ts';
import { buildPion, PION_PROGRAM, PION_SOURCES } from './pion.ts';

export interface MeasuredStack {
  readonly name: string;
  /** Text for the table; `undefined` where the stack is not installed. */
  version(): string | undefined;
  /** Before the first start. */
  build?(): void;
  start(ends: readonly EndName[], route: Router, profileDir?: string): Promise<Host>;
  /** A browser's memory is no process's. */
  readonly hasNoMemoryCase?: true;
}

const HERE = new URL('../', import.meta.url);
const DEBIAN_PYTHON = '/usr/bin/python3';

function npmStack(name: string, packageName: string): MeasuredStack {
  const manifest = new URL(`node_modules/${packageName}/package.json`, HERE);
  return {
    name,
    version: () =>
      existsSync(manifest)
        ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
        : undefined,
    start: (ends, route, profileDir) => hostInNode(name, ends, route, profileDir),
  };
}

export const OURS = 'ieum';

export const STACKS: readonly MeasuredStack[] = [
  {
    name: OURS,
    version: () => 'here',
    start: (ends, route, profileDir) => hostInNode(OURS, ends, route, profileDir),
  },
  npmStack('node-datachannel', 'node-datachannel'),
  npmStack('roamhq-wrtc', '@roamhq/wrtc'),
  npmStack('werift', 'werift'),
  {
    name: 'pion',
    version: () =>
      existsSync(PION_SOURCES) && findProgram('go')
        ? debianVersion('golang-github-pion-webrtc.v3-dev')
        : undefined,
    build: buildPion,
    start: (ends, route) => hostInProgram([PION_PROGRAM], ends, route),
  },
  {
    name: 'aiortc',
    version: () =>
      existsSync(DEBIAN_PYTHON)
        ? said(DEBIAN_PYTHON, '-c', 'import aiortc; print(aiortc.__version__)')
        : undefined,
    start: (ends, route) => {
      const program = fileURLToPath(new URL('programs/aiortc_ends.py', HERE));
      return hostInProgram([DEBIAN_PYTHON, '-u', program], ends, route);
    },
  },
  {
    name: 'chromium',
    version() {
      const program = findChromium();
      return program && /[\d.]+/.exec(said(program, '--version') ?? '')?.[0];
    },
    start: (ends, route) => hostInChromium(ends, route),
    hasNoMemoryCase: true,
  },
];

function debianVersion(packageName: string): string | undefined {
  return /^Version: (.+)$/m.exec(said('dpkg', '-s', packageName) ?? '')?.[1];
}

/** What a program prints; `undefined` when it fails or is not there. */
function said(program: string, ...args: readonly string[]): string | undefined {
  try {
    const text = execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

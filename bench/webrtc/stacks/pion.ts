/** Builds the program of pion with Debian's packages: a workspace of Go's older kind, in which ours is the only module. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Debian puts the sources of Go packages. */
const DEBIAN_GO_PATH = '/usr/share/gocode';
export const PION_SOURCES = `${DEBIAN_GO_PATH}/src/github.com/pion/webrtc`;

const WORKSPACE = join(tmpdir(), 'ieum-bench-pion');
export const PION_PROGRAM = join(WORKSPACE, 'pion-ends');

export function buildPion(): void {
  const package_ = join(WORKSPACE, 'src', 'pionends');
  mkdirSync(package_, { recursive: true });
  cpSync(fileURLToPath(new URL('../programs/pion/', import.meta.url)), package_, { recursive: true });
  execFileSync('go', ['build', '-o', PION_PROGRAM, 'pionends'], {
    cwd: package_,
    stdio: 'inherit',
    env: { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOPATH: `${WORKSPACE}:${DEBIAN_GO_PATH}` },
  });
}

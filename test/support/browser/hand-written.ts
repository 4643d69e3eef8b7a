/** Pages of the tests' own under the server's origin, without the real page: Socket.IO's client and some scripts. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ServerProcess } from '../server-process.ts';
import { type Person, servePage } from './people.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const SOCKET_IO = 'node_modules/socket.io-client/dist/socket.io.min.js';

/** Opens `body` and then `scripts` (files relative to the root) at `/by-hand/<room>` of the server. */
export async function openByHand(
  person: Person,
  server: ServerProcess,
  room: string,
  page: { readonly body: string; readonly scripts: readonly string[]; readonly query?: string },
): Promise<void> {
  const scripts = [SOCKET_IO, ...page.scripts]
    .map((file) => `<script>\n${readFileSync(path.join(ROOT, file), 'utf8')}\n</script>`)
    .join('\n');
  const url = `${server.url}/by-hand/${room}`;
  // A page that a test hands in comes from no address, and has to be allowed to speak to a loopback one.
  await person.context.grantPermissions(['camera', 'microphone', 'local-network-access']);
  await servePage(person, `${url}*`, `<!doctype html>${page.body}\n${scripts}`);
  await person.page.goto(`${url}${page.query ?? ''}`);
}

/** The built page in memory, compressed once: a request is one look-up by path, and no path leads to a disk. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  /** The name holds a hash of the content, so it may be kept for ever. */
  readonly immutable: boolean;
  /** Of an HTML file: the CSP sources of its inline styles. */
  readonly styleHashes: readonly string[];
  /** By content coding; only where it is smaller. */
  readonly compressed: ReadonlyMap<'br' | 'gzip', Buffer>;
}

export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.wasm': 'application/wasm',
};

/** Below this the headers of a compressed answer cost as much as it saves. */
const WORTH_COMPRESSING_BYTES = 512;

/** Where `vite build` puts the page: beside the compiled server, or under dist/ when the sources run directly. */
const FOLDERS = ['../../web', '../../../dist/web'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);

/** By path (`/index.html`, `/assets/…`). Empty when the page is not built. */
export async function loadPageFiles(folders: readonly string[] = FOLDERS): Promise<PageFiles> {
  for (const folder of folders) {
    const files = new Map<string, PageFile>();
    await Promise.all(
      filesBelow(folder).map(async (path) => {
        const name = `/${relative(folder, path).split(sep).join('/')}`;
        files.set(name, await makePageFile(name, readFileSync(path)));
      }),
    );
    if (files.has('/index.html')) return files;
  }
  return new Map();
}

export async function makePageFile(name: string, body: Buffer): Promise<PageFile> {
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const html = type.startsWith('text/html');
  return {
    type,
    body,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: name.startsWith('/assets/'),
    styleHashes: html ? styleHashes(body.toString('utf8')) : [],
    compressed: /charset|wasm/.test(type) ? await compress(body) : new Map(),
  };
}

/** CSP Level 3 §2.3.1: the hash of the text between the tags, exactly as it stands in the file. */
export function styleHashes(html: string): string[] {
  return [...html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, text = '']) => {
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  });
}

async function compress(body: Buffer): Promise<Map<'br' | 'gzip', Buffer>> {
  const compressed = new Map<'br' | 'gzip', Buffer>();
  if (body.length < WORTH_COMPRESSING_BYTES) return compressed;
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(body, {
      params: {
        // 9 of 11: a third of the time of 11 for 7 % more bytes, and it is paid at every start.
        [constants.BROTLI_PARAM_QUALITY]: 9,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
      },
    }),
    promisify(gzip)(body, { level: 9 }),
  ]);
  if (br.length < body.length) compressed.set('br', br);
  if (gz.length < body.length) compressed.set('gzip', gz);
  return compressed;
}

function filesBelow(folder: string): string[] {
  try {
    return (
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
        .map((entry) => join(entry.parentPath, entry.name))
        // Folders such as .vite hold notes of the build.
        .filter(
          (path) =>
            !relative(folder, path)
              .split(sep)
              .some((part) => part.startsWith('.')),
        )
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

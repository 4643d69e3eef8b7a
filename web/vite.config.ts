/** How the page is built: `vite build web` writes dist/web. Knows nothing of the server that hands it out. */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

/**
 * Moves the style sheet behind the splash mark, so that the first paint needs nothing but index.html.
 * The module script still waits for the sheet, so the page itself never shows without style.
 */
const paintFirst: Plugin = {
  name: 'paint-first',
  enforce: 'post',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const sheets = html.match(/\s*<link rel="stylesheet"[^>]*>/g) ?? [];
      const rest = sheets.reduce((text, sheet) => text.replace(sheet, ''), html);
      return rest.replace('</body>', `${sheets.join('')}\n  </body>`);
    },
  },
};

const noWebTransport = fileURLToPath(new URL('./src/app/no-webtransport.ts', import.meta.url));

/** Used by parts that are loaded when they are opened, and by nothing else. */
const LATE_ONLY = /\/(problem-cards|drawer|switch)\.tsx$/;

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/',
  plugins: [paintFirst],
  resolve: {
    alias: [{ find: /^\.\/(transports\/)?webtransport\.js$/, replacement: noWebTransport }],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: ['es2022', 'chrome114', 'firefox120', 'safari16.4'],
    manifest: true,
    modulePreload: { polyfill: false },
    // The strict CSP allows no data: scripts or styles, and small files are cheap over HTTP/1.1 keep-alive.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      // The door of socket.io-client decorates its `io` function when loaded; only the Manager behind it is used.
      treeshake: { moduleSideEffects: (id) => !/node_modules\/(socket|engine)\.io-client\//.test(id) },
      output: {
        // What the call page shares with its late parts goes into one chunk: fewer requests, and it compresses
        // better together. What only late parts share stays with them.
        codeSplitting: { groups: [{ name: 'shared', minShareCount: 2, test: (id) => !LATE_ONLY.test(id) }] },
      },
    },
  },
});

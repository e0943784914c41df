import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Less than this fits into one packet as it is, in bytes. */
const worthPacking = 1_400;

/** Puts what the server would have to pack for every visitor beside each file, packed once and as small as it gets. */
function packed(): Plugin {
  const pack = (bytes: Buffer) => ({
    br: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
    gz: gzipSync(bytes, { level: 9 }),
  });
  return {
    name: 'packed',
    apply: 'build',
    writeBundle({ dir }, files) {
      for (const name of Object.keys(files)) {
        if (!dir || !/\.(js|css|html|svg)$/.test(name)) continue;
        const bytes = readFileSync(join(dir, name));
        if (bytes.length < worthPacking) continue;
        for (const [ending, small] of Object.entries(pack(bytes))) writeFileSync(join(dir, `${name}.${ending}`), small);
      }
    },
  };
}

/** Builds the web app into web/dist; in development it is served with the API of a blog-poster on port 3000. */
export default defineConfig({
  root: fileURLToPath(new URL('./web/', import.meta.url)),
  plugins: [react(), tailwindcss(), packed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./web/', import.meta.url)) } },
  server: {
    port: 5173,
    proxy: { '/api': process.env.API_URL ?? 'http://127.0.0.1:3000' },
  },
  // Without inlined files (data: addresses) the content security policy needs no exception for fonts and scripts.
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2023',
    // For whoever sends errors to Sentry (docs/monitoring.md): no file refers to them.
    sourcemap: process.env.SOURCE_MAPS === '1' ? 'hidden' : false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              // What every page needs and releases seldom change: it stays in the browser's cache.
              name: 'frame',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(?!react-virtual|virtual-core)[a-z-]+|tailwind-merge|clsx|class-variance-authority)\//,
            },
          ],
        },
      },
    },
  },
});

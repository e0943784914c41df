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

/**
 * Writes which files the page at each address of web/router.tsx takes beyond those that every page takes, so that the server
 * can name them in the HTML: the browser then loads them beside the rest instead of after it.
 */
function pageFiles(): Plugin {
  const addressed: { path: string; modules: string[] }[] = [];
  return {
    name: 'page-files',
    apply: 'build',
    async buildStart() {
      const router = fileURLToPath(new URL('./web/router.tsx', import.meta.url));
      const resolved = async (module: string) => {
        const found = await this.resolve(module, router);
        if (!found) throw new Error(`web/router.tsx names ${module}, which is not there`);
        return found.id;
      };
      for (const { path, modules } of readRoutes(readFileSync(router, 'utf8')))
        addressed.push({ path, modules: await Promise.all(modules.map(resolved)) });
      addressed.push({ path: outside, modules: [await resolved('@/pages/landing/landing-page.tsx')] });
    },
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const withImports = (names: string[], seen = new Set<string>()): Set<string> => {
        for (const name of names) {
          if (seen.has(name)) continue;
          seen.add(name);
          withImports(chunks.find(({ fileName }) => fileName === name)?.imports ?? [], seen);
        }
        return seen;
      };
      const everywhere = withImports(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
      const filesOf = (modules: string[]) => {
        const own = chunks.filter(({ facadeModuleId }) => facadeModuleId && modules.includes(facadeModuleId));
        if (own.length !== modules.length) this.error(`Not every page has a file of its own: ${modules.join(', ')}`);
        const all = [...withImports(own.map(({ fileName }) => fileName))];
        return all.filter((name) => !everywhere.has(name)).map((name) => `/${name}`);
      };
      const table = Object.fromEntries(addressed.map(({ path, modules }) => [path, filesOf(modules)]));
      this.emitFile({ type: 'asset', fileName: 'page-files.json', source: JSON.stringify(table) });
    },
  };
}

/** Stands in the table for what is at `/` to whoever is not signed in. */
const outside = 'outside';

/** The addresses of a router's source, each with the modules of its page and of the layouts around it. */
function readRoutes(source: string): { path: string; modules: string[] }[] {
  const routes = new Map<string, { path: string; modules: string[] }>();
  const leaves = new Set<string>();
  for (const [, name = '', text = ''] of source.matchAll(/^const (\w+) = createRoute\((\{[^\n]*\}|\{.*?^\})\);$/gms)) {
    const parent = routes.get(/getParentRoute: \(\) => (\w+)/.exec(text)?.[1] ?? '') ?? { path: '', modules: [] };
    const own = /\bpath: '([^']+)'/.exec(text)?.[1] ?? '';
    const module = /import\('([^']+)'\)/.exec(text)?.[1];
    const path = `${parent.path}${own === '/' ? '' : own}`;
    routes.set(name, { path, modules: [...parent.modules, ...(module ? [module] : [])] });
    if (module) leaves.add(name);
  }
  const named = [...source.matchAll(/import\('([^']+)'\)/g)].length;
  if (leaves.size !== named)
    throw new Error(`web/router.tsx has ${named} pages, of which ${leaves.size} were understood`);
  // A layout has the same address as the first page in it, which comes later.
  const pages = [...leaves].map((name) => routes.get(name)).filter((route) => route !== undefined);
  return [...new Map(pages.map(({ path, modules }) => [path || '/', { path: path || '/', modules }])).values()];
}

/** Builds the web app into web/dist; in development it is served with the API of a blog-poster on port 3000. */
export default defineConfig({
  root: fileURLToPath(new URL('./web/', import.meta.url)),
  plugins: [react(), tailwindcss(), pageFiles(), packed()],
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

import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds the web app into web/dist; in development it is served with the API of a blog-poster on port 3000. */
export default defineConfig({
  root: fileURLToPath(new URL('./web/', import.meta.url)),
  plugins: [react(), tailwindcss()],
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
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              // What every page needs and releases seldom change: it stays in the browser's cache.
              name: 'frame',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack|tailwind-merge|clsx|class-variance-authority)\//,
            },
          ],
        },
      },
    },
  },
});

import { defineConfig } from '@hey-api/openapi-ts';

/** The web app's API client: types, functions and TanStack Query options, all generated from the checked-in openapi.json. */
export default defineConfig({
  input: './openapi.json',
  output: { path: 'web/api/client', importFileExtension: '.ts' },
  plugins: [
    { name: '@hey-api/client-fetch', baseUrl: false, throwOnError: true },
    '@hey-api/typescript',
    '@hey-api/sdk',
    { name: '@tanstack/react-query', infiniteQueryOptions: true },
  ],
});

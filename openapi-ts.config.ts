import { defineConfig } from '@hey-api/openapi-ts';

/** The web app's API client: types, functions and TanStack Query options, all generated from the checked-in openapi.json. */
export default defineConfig({
  input: './openapi.json',
  output: { path: 'web/api/client', importFileExtension: '.ts' },
  plugins: [
    { name: '@hey-api/client-fetch', baseUrl: false, throwOnError: true },
    '@hey-api/typescript',
    // The browser sends its cookie by itself: how a program signs in would only make every page heavier.
    { name: '@hey-api/sdk', auth: false },
    { name: '@tanstack/react-query', infiniteQueryOptions: true },
  ],
});

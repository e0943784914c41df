import { QueryClient } from '@tanstack/react-query';
import { t } from '@/strings.ts';
import { client } from './client/client.gen.ts';
import { ApiProblem, toProblem } from './problem.ts';

/** Connects the generated client to this page's own server and lets every failure leave as an ApiProblem. */
export function setUpApi(): QueryClient {
  client.setConfig({ baseUrl: '' });
  client.interceptors.error.use((error, response) => toProblem(error, response?.status, t.problems));
  const mayHelp = (error: unknown) => error instanceof ApiProblem && (error.status === 0 || error.status >= 500);
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The server is often this very machine: what the browser thinks of the network says nothing about it.
        networkMode: 'always',
        retry: (failures, error) => failures < 2 && mayHelp(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
        staleTime: 5_000,
      },
      mutations: { networkMode: 'always' },
    },
  });
}

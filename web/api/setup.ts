import { QueryClient } from '@tanstack/react-query';
import { doubtConnection } from '@/session/connection.ts';
import { readSession } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { client } from './client/client.gen.ts';
import { ApiProblem, toProblem } from './problem.ts';

/** Says that nobody is signed in, unlike the other codes with 401, which are about a password or a code just typed. */
const signedOutCodes = ['unauthenticated', 'token_invalid'];

/**
 * Connects the generated client to this page's own server and lets every failure leave as an ApiProblem. An answer that
 * nobody is signed in makes the session be read again: a request may have been on its way while the session changed.
 */
export function setUpApi(): QueryClient {
  client.setConfig({ baseUrl: '' });
  client.interceptors.error.use((error, response) => {
    const problem = toProblem(error, response, t.problems);
    // What stands between may answer in place of a server that does not.
    if (problem.status === 0 || (problem.code === 'unreadable_answer' && problem.status >= 502)) doubtConnection();
    if (signedOutCodes.includes(problem.code)) {
      readSession(queries).catch((unread) => console.info('Whether someone is signed in could not be read.', unread));
    }
    return problem;
  });
  const mayHelp = (error: unknown) => error instanceof ApiProblem && (error.status === 0 || error.status >= 500);
  const queries = new QueryClient({
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
  return queries;
}

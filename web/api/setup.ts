import { QueryClient } from '@tanstack/react-query';
import { doubtConnection } from '@/session/connection.ts';
import { readSession } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { client } from './client/client.gen.ts';
import { ApiProblem, isProblem, toProblem } from './problem.ts';
import { fromServer, langOf, ofOurs } from './server-text.ts';

/** Says that nobody is signed in, unlike the other codes with 401, which are about a password or a code just typed. */
const signedOutCodes = ['unauthenticated', 'token_invalid'];

/** A problem document in the language of the page. Of a mistake in one field the path in front is left out. */
function inOurLanguage(error: unknown): unknown {
  if (!isProblem(error)) return error;
  const errors = error.errors?.map(({ path, message }) => ({ path, message: fromServer(message) }));
  const [first] = error.errors ?? [];
  const detail =
    first && error.detail.startsWith(`${first.path}: `) ? error.detail.slice(first.path.length + 2) : error.detail;
  return { ...error, detail: fromServer(detail), hint: fromServer(error.hint), ...(errors ? { errors } : {}) };
}

/**
 * Connects the generated client to this page's own server and lets every failure leave as an ApiProblem. An answer that
 * nobody is signed in makes the session be read again: a request may have been on its way while the session changed.
 */
export function setUpApi(): QueryClient {
  client.setConfig({ baseUrl: '' });
  client.interceptors.error.use((error, response) => {
    const problem = toProblem(inOurLanguage(error), response, t.problems);
    for (const said of [problem.detail, problem.hint]) if (langOf(said) === undefined) ofOurs(said);
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

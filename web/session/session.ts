import { hashKey, type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { getSessionOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { getSession } from '@/api/client/sdk.gen.ts';
import type { GetSessionResponse, User } from '@/api/client/types.gen.ts';
import { readInTimeZone } from '@/format/reader.ts';

/**
 * Who is signed in, and how one can be. Read once, and again whenever something says that it may have changed: an answer
 * with 401, another tab, a window that is looked at again.
 */
export const sessionOptions = queryOptions({
  ...getSessionOptions(),
  queryFn: async ({ signal }) => {
    const { data } = await getSession({ signal, throwOnError: true, fetch: takeFirst() });
    readInTimeZone(data.user?.timeZone);
    return data;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

declare global {
  /** The answer that start.js asked for while the app was on its way; null where none came, undefined once it is taken. */
  var firstSession: Promise<Response | null> | undefined;
}

/** A way to ask for the session: once that of the page's start, whose answer is on its way already, then the browser's own. */
function takeFirst(): typeof fetch | undefined {
  const first = globalThis.firstSession;
  if (!first) return undefined;
  globalThis.firstSession = undefined;
  return async (request) => (await first) ?? fetch(request);
}

export type Instance = GetSessionResponse['instance'];

/** Reads anew who is signed in. */
export async function readSession(queries: QueryClient): Promise<GetSessionResponse> {
  return queries.fetchQuery({ ...sessionOptions, staleTime: 0 });
}

/** The account that is signed in, for pages that only such a one can see. */
export function useUser(): User {
  const { data } = useQuery(sessionOptions);
  const last = data?.user ?? lastUser;
  if (!last) throw new Error('This page needs someone who is signed in.');
  // On its way to the log-in page, a page is drawn once more without an account.
  lastUser = last;
  return last;
}
let lastUser: User | null = null;

/** What can be done here without an account; undefined until it is known. */
export function useInstance(): Instance | undefined {
  return useQuery(sessionOptions).data?.instance;
}

/** Puts a changed account (of an answer) into what is known of the session. */
export function rememberUser(queries: QueryClient, user: User): void {
  readInTimeZone(user.timeZone);
  queries.setQueryData(sessionOptions.queryKey, (before) => before && { ...before, user });
}

/** Forgets every answer of the server but who is signed in. */
export function forgetAnswers(queries: QueryClient): void {
  const kept = hashKey(sessionOptions.queryKey);
  queries.removeQueries({ predicate: ({ queryHash }) => queryHash !== kept });
  queries.getMutationCache().clear();
}

const channel = new BroadcastChannel('blog-poster:session');

/** Tells the other tabs that someone logged in or out. */
export function tellOtherTabs(): void {
  channel.postMessage('changed');
}

/** Calls `listener` when another tab says that someone logged in or out; the answer ends that. */
export function onOtherTab(listener: () => void): () => void {
  channel.addEventListener('message', listener);
  return () => channel.removeEventListener('message', listener);
}

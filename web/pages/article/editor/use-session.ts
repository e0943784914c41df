import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import {
  getArticleOptions,
  getArticleQueryKey,
  listArticleRevisionsQueryKey,
  listPublicationsQueryKey,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { editArticle } from '@/api/client/sdk.gen.ts';
import type { Article } from '@/api/client/types.gen.ts';
import { useUser } from '@/session/session.ts';
import { EditorSession, type Shown } from './session.ts';

/** Browsers send at most this much, in characters, from a page that is being left. */
const keepaliveLimit = 60_000;

/** Opens an article for editing, for as long as the page shows it. */
export function useEditing(article: Article): EditorSession {
  const queries = useQueryClient();
  const user = useUser();
  const path = { id: article.id };
  const [session] = useState(
    () =>
      new EditorSession({
        article,
        userId: user.id,
        async send(revision, change, last) {
          const body = { revision, autosave: true, ...change };
          const keepalive = last && JSON.stringify(body).length < keepaliveLimit;
          const { data } = await editArticle({ path, body, keepalive, throwOnError: true });
          return data;
        },
        load: () => queries.fetchQuery({ ...getArticleOptions({ path }), staleTime: 0 }),
        onSaved(saved) {
          queries.setQueryData(getArticleQueryKey({ path }), saved);
          void queries.invalidateQueries({ queryKey: listArticleRevisionsQueryKey({ path }) });
          void queries.invalidateQueries({
            queryKey: listPublicationsQueryKey({ query: { articleId: article.id, limit: 100 } }),
          });
        },
      }),
  );
  useEffect(() => session.start(), [session]);
  return session;
}

/** What the editor shows, drawn anew whenever it changes. */
export const useShown = (session: EditorSession): Shown => useSyncExternalStore(session.subscribe, () => session.shown);

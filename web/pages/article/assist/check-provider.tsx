import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { listArticleClaimsQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { checkArticle } from '@/api/client/sdk.gen.ts';
import type { EditorSession } from '../editor/session.ts';
import { CheckContext, type LiveCheck } from './check-context.ts';

/** How long nobody has typed before the text is looked at, in milliseconds. */
const pauseMs = 700;

/** Has what is being written checked whenever its author pauses. The latest text counts: an answer to an older one is dropped. */
export function CheckProvider({
  articleId,
  session,
  children,
}: {
  articleId: string;
  session: EditorSession;
  children: ReactNode;
}) {
  const queries = useQueryClient();
  const [live, setLive] = useState<LiveCheck>({ check: null, markdown: '', fresh: false, failed: false });
  useEffect(() => {
    const path = { id: articleId };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = new AbortController();
    let claims: number | null = null;
    const ask = async () => {
      const { signal } = asking;
      const body = session.values();
      try {
        const { data: check } = await checkArticle({ path, body, signal, throwOnError: true });
        if (signal.aborted) return;
        setLive({ check, markdown: body.markdown, fresh: true, failed: false });
        // A save has made claims of what was taken over: the list beside the text does not know them yet.
        if (claims !== null && claims !== check.claims.length) {
          void queries.invalidateQueries({ queryKey: listArticleClaimsQueryKey({ path }) });
        }
        claims = check.claims.length;
      } catch {
        // Whatever is wrong with the text or the network is said where it is saved; here it is tried with the next change.
        if (!signal.aborted) setLive((before) => ({ ...before, failed: true }));
      }
    };
    const change = () => {
      asking.abort();
      asking = new AbortController();
      clearTimeout(timer);
      timer = setTimeout(() => void ask(), pauseMs);
      setLive((before) => (before.fresh ? { ...before, fresh: false } : before));
    };
    void ask();
    const stop = session.watch(change);
    return () => {
      stop();
      asking.abort();
      clearTimeout(timer);
    };
  }, [articleId, session, queries]);
  return <CheckContext value={live}>{children}</CheckContext>;
}

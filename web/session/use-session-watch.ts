import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { farewell, forgetFarewell, sayFarewell } from './farewell.ts';
import { dropAllForms } from './kept-forms.ts';
import { forgetAnswers, onOtherTab, readSession, sessionOptions } from './session.ts';

/** How often a window that is looked at asks whether it is still signed in, in milliseconds. */
const askMs = 60_000;

/**
 * Keeps the page in step with the session, wherever it changes: here, in another tab, on another device, by an admin.
 * Signed out, the page leads to the log-in page and back again; when someone else is signed in, it starts anew, so that
 * nothing of the one is left before the eyes of the other.
 */
export function useSessionWatch(): void {
  const router = useRouter();
  const queries = useQueryClient();
  const { data } = useQuery({ ...sessionOptions, refetchInterval: askMs, refetchOnWindowFocus: 'always' });
  const seen = useRef(data);
  const lastUserId = useRef<string | null>(null);
  useEffect(() => onOtherTab(() => void readSession(queries).catch(reportUnread)), [queries]);
  useEffect(() => {
    const before = seen.current;
    seen.current = data;
    if (!before || !data || before.user?.id === data.user?.id) return;
    if (before.user && data.user) {
      window.location.reload();
      return;
    }
    if (data.user) {
      forgetFarewell();
      if (lastUserId.current !== data.user.id) dropAllForms();
      void router.invalidate();
      return;
    }
    lastUserId.current = before.user?.id ?? null;
    if (!farewell()) sayFarewell('ended', before.user?.email);
    // Once the pages that show them are gone, the answers that the last user was given go too.
    void router.invalidate().then(() => forgetAnswers(queries));
  }, [data, router, queries]);
}

/** The next request will tell. */
const reportUnread = (error: unknown) => console.info('Whether someone is signed in could not be read.', error);

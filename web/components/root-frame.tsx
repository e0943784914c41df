import { Outlet, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useSessionWatch } from '@/session/use-session-watch.ts';
import { ConnectionNotice } from './connection-notice.tsx';
import { Toaster } from './toaster.tsx';

/** What is there on every page, before and after logging in. */
export function RootFrame() {
  useSessionWatch();
  return (
    <>
      <Outlet />
      <PageAnnouncer />
      <ConnectionNotice />
      <Toaster />
    </>
  );
}

/** After a change of page: tells screen readers its title and moves the keyboard to its start. */
function PageAnnouncer() {
  const router = useRouter();
  const [title, setTitle] = useState('');
  useEffect(
    () =>
      router.subscribe('onRendered', ({ pathChanged, fromLocation }) => {
        if (!pathChanged || fromLocation === undefined) return;
        const main = document.getElementById('main');
        // A form that begins with its first field has the keyboard already.
        if (!main?.contains(document.activeElement)) main?.focus({ preventScroll: true });
        setTitle(document.title);
      }),
    [router],
  );
  return (
    <div aria-live="polite" className="sr-only">
      {title}
    </div>
  );
}

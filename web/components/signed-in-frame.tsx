import { useQuery } from '@tanstack/react-query';
import { lazyRouteComponent } from '@tanstack/react-router';
import { useState } from 'react';
import { sessionOptions } from '@/session/session.ts';
import { AppShell } from './app-shell.tsx';

/** What this is, for who comes from outside. */
export const LandingPage = lazyRouteComponent(() => import('@/pages/landing/landing-page.tsx'), 'LandingPage');

/** Around every page that takes an account; who comes without one to the front of the house sees it from the outside. */
export function SignedInFrame() {
  const nobody = useQuery(sessionOptions).data?.user === null;
  // A page whose session has ended stays as it is until the log-in page takes its place.
  const [cameAsNobody] = useState(nobody);
  return nobody && cameAsNobody ? <LandingPage /> : <AppShell />;
}

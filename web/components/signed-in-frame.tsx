import { useQuery } from '@tanstack/react-query';
import { lazyRouteComponent, useLocation } from '@tanstack/react-router';
import { sessionOptions } from '@/session/session.ts';
import { AppShell } from './app-shell.tsx';

/** What this is, for who comes from outside. */
export const LandingPage = lazyRouteComponent(() => import('@/pages/landing/landing-page.tsx'), 'LandingPage');

/** Around every page that takes an account; at the front of the house, who has none sees it from the outside. */
export function SignedInFrame() {
  const nobody = useQuery(sessionOptions).data?.user === null;
  const front = useLocation({ select: ({ pathname }) => pathname === '/' });
  return nobody && front ? <LandingPage /> : <AppShell />;
}

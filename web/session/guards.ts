import type { QueryClient } from '@tanstack/react-query';
import { type ParsedLocation, redirect } from '@tanstack/react-router';
import { farewell } from './farewell.ts';
import { ownPath } from './own-path.ts';
import { sessionOptions } from './session.ts';

interface Arrival {
  context: { queries: QueryClient };
  location: ParsedLocation;
}

/** Before every page that takes an account: leads whoever has none to the log-in page, and later back to here. */
export async function requireUser({ context, location }: Arrival): Promise<void> {
  const { user, instance } = await context.queries.ensureQueryData(sessionOptions);
  if (user) return;
  // Who left by intention begins anew.
  const left = ['logged-out', 'deleted'].includes(farewell()?.why ?? '');
  const next = left || location.href === '/' ? null : ownPath(location.href, window.location.origin);
  throw redirect({
    to: instance.firstAccount ? '/register' : '/login',
    search: next === null ? {} : { next },
    replace: true,
  });
}

/** Before the pages that lead in: whoever is in already goes on to where they wanted to go. */
export async function enterDoor({ context, location, search }: Arrival & { search: { next?: string } }): Promise<void> {
  const { user } = await context.queries.ensureQueryData(sessionOptions);
  // An invitation is for someone who may have another account open in this browser: the page says so.
  if (!user || location.hash.includes('token=')) return;
  throw redirect({ href: ownPath(search.next, window.location.origin) ?? '/', replace: true });
}

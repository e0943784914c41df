import type { QueryClient } from '@tanstack/react-query';
import { type ParsedLocation, redirect } from '@tanstack/react-router';
import { farewell } from './farewell.ts';
import { ownPath } from './own-path.ts';
import { sessionOptions } from './session.ts';
import { speakTo } from './speak.ts';

interface Arrival {
  context: { queries: QueryClient };
  location: ParsedLocation;
}

/**
 * Before every page that takes an account: leads whoever has none to the log-in page, and later back to here. Whoever comes
 * to the front of the house, and was not just shown out, may look at it from the outside. Returns whether someone is signed in.
 */
export async function requireUser({ context, location }: Arrival): Promise<boolean> {
  const { user, instance } = await context.queries.ensureQueryData(sessionOptions);
  if (user) {
    await speakTo(user);
    return true;
  }
  if (location.pathname === '/' && !instance.firstAccount && !farewell()) return false;
  // Who left by intention begins anew.
  const left = ['logged-out', 'deleted'].includes(farewell()?.why ?? '');
  const next = left || location.href === '/' ? null : ownPath(location.href, window.location.origin);
  throw redirect({
    to: instance.firstAccount ? '/register' : '/login',
    search: next === null ? {} : { next },
    replace: true,
  });
}

/** Before the log-in page: whoever is in already goes on to where they wanted to go. */
export async function enterDoor({ context, search }: Arrival & { search: { next?: string } }): Promise<void> {
  const { user } = await context.queries.ensureQueryData(sessionOptions);
  if (user) throw redirect({ href: ownPath(search.next, window.location.origin) ?? '/', replace: true });
}

/** Before a page that looks different to someone who is signed in. */
export async function knowSession({ context }: Arrival): Promise<void> {
  await context.queries.ensureQueryData(sessionOptions);
}

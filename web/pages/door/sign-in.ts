import type { QueryClient } from '@tanstack/react-query';
import { login, logout } from '@/api/client/sdk.gen.ts';
import type { LoginData } from '@/api/client/types.gen.ts';
import { type Farewell, sayFarewell } from '@/session/farewell.ts';
import { readSession, tellOtherTabs } from '@/session/session.ts';

/**
 * Logs in. The session cookie is all that this browser needs: the tokens of the answer are for clients without cookies
 * and are dropped here. Whoever watches the session takes the page on from here.
 */
export async function signIn(queries: QueryClient, body: LoginData['body']): Promise<void> {
  await login({ body, throwOnError: true });
  await readSession(queries);
  tellOtherTabs();
}

/** Ends the session, and says on the log-in page why. */
export async function signOut(queries: QueryClient, why: Farewell = 'logged-out'): Promise<void> {
  await logout({ throwOnError: true });
  sayFarewell(why);
  await readSession(queries);
  tellOtherTabs();
}

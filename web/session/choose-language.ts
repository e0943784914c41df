import type { QueryClient } from '@tanstack/react-query';
import { updateMe } from '@/api/client/sdk.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { toast } from '@/components/toaster.tsx';
import type { Language } from '@/language.ts';
import { rememberUser, sessionOptions, tellOtherTabs } from './session.ts';
import { speak } from './speak.ts';

/** Speaks a language from now on; whoever is signed in chooses it for their account. */
export async function chooseLanguage(queries: QueryClient, chosen: Language): Promise<void> {
  const user = queries.getQueryData(sessionOptions.queryKey)?.user;
  try {
    if (user) {
      rememberUser(queries, (await updateMe({ body: { locale: chosen }, throwOnError: true })).data);
      tellOtherTabs();
    }
    speak(chosen);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    toast(error.detail);
  }
}

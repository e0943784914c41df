import { useQuery, useQueryClient } from '@tanstack/react-query';
import { updateMe } from '@/api/client/sdk.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { type Language, language, languages, ownNames } from '@/language.ts';
import { rememberUser, sessionOptions } from '@/session/session.ts';
import { speak } from '@/session/speak.ts';
import { t } from '@/strings.ts';
import { toast } from './toaster.tsx';

/** Chooses the language, each by its own name; whoever is signed in chooses it for their account. */
export function LanguageChoice() {
  const queries = useQueryClient();
  const user = useQuery(sessionOptions).data?.user;
  const choose = async (chosen: Language) => {
    try {
      if (user) rememberUser(queries, (await updateMe({ body: { locale: chosen }, throwOnError: true })).data);
      speak(chosen);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      toast(error.detail);
    }
  };
  return (
    <fieldset className="flex justify-center gap-1 text-sm">
      <legend className="sr-only">{t.shell.language}</legend>
      {languages.map((code) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={code === language}
          onClick={() => void choose(code)}
          className="rounded-md px-2.5 py-1.5 text-muted-foreground underline-offset-4 hover:text-foreground aria-pressed:font-medium aria-pressed:text-foreground aria-[pressed=false]:underline"
        >
          {ownNames[code]}
        </button>
      ))}
    </fieldset>
  );
}

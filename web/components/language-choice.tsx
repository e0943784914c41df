import { useQueryClient } from '@tanstack/react-query';
import { language, languages, ownNames } from '@/language.ts';
import { chooseLanguage } from '@/session/choose-language.ts';
import { t } from '@/strings.ts';

/** Chooses the language, each by its own name; whoever is signed in chooses it for their account. */
export function LanguageChoice() {
  const queries = useQueryClient();
  return (
    <fieldset className="flex justify-center gap-1 text-sm">
      <legend className="sr-only">{t.shell.language}</legend>
      {languages.map((code) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={code === language}
          onClick={() => void chooseLanguage(queries, code)}
          className="rounded-md px-2.5 py-1.5 text-muted-foreground underline-offset-4 hover:text-foreground aria-pressed:font-medium aria-pressed:text-foreground aria-[pressed=false]:underline"
        >
          {ownNames[code]}
        </button>
      ))}
    </fieldset>
  );
}

import type { User } from '@/api/client/types.gen.ts';
import { browserLanguage, type Language, storeLanguage, wantedLanguage } from '@/language.ts';
import { reloadWithForms } from './kept-forms.ts';

/** Speaks a language from now on, in this browser; null for the browser's own. What was typed stays. */
export function speak(chosen: Language | null): void {
  if (storeLanguage(chosen) && (chosen ?? browserLanguage) !== wantedLanguage) reloadWithForms();
}

/** Speaks the language that an account has chosen; the answer never comes where the page is loaded anew for it. */
export async function speakTo(user: User): Promise<void> {
  if (user.locale === null) return;
  if (!storeLanguage(user.locale) || user.locale === wantedLanguage) return;
  reloadWithForms();
  await new Promise(() => undefined);
}

import { translated } from '@/language.ts';

const own = new Set<string>();
const foreign = new Set<string>();

/** A text of the server in the language in use; as it is where it is not known in it. */
export function fromServer(text: string): string {
  if (own.has(text)) return text;
  const said = translated(text);
  if (said === null) {
    foreign.add(text);
    return text;
  }
  own.add(said);
  return said;
}

/** What the app itself says in the place of a server. */
export function ofOurs(text: string): string {
  own.add(text);
  return text;
}

/** The language of a text that came out of {@link fromServer}, for those who listen to it; undefined for the page's own. */
export const langOf = (text: string | null | undefined): 'en' | undefined =>
  text && foreign.has(text) ? 'en' : undefined;

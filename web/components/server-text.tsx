import { fromServer, langOf } from '@/api/server-text.ts';

/** What the server has said, in the language of the page; English, and said to be, where that is not known. */
export function ServerText({ children }: { children: string | null | undefined }) {
  if (!children) return null;
  const text = fromServer(children);
  const lang = langOf(text);
  return lang ? <span lang={lang}>{text}</span> : text;
}

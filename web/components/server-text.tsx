import { fromServer, langOf } from '@/api/server-text.ts';

/** What the server has said, in the language of the page; English, and said to be, where that is not known. */
export function ServerText({ children }: { children: string | null | undefined }) {
  if (!children) return null;
  const text = fromServer(children);
  const lang = langOf(text);
  // What a site, a page or a model has said may stand in it: it turns nothing beside it.
  return <bdi lang={lang}>{text}</bdi>;
}

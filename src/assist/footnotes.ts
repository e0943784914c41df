import { escapeLinkText, escapeMarkdown } from '../articles/markdown.ts';
import type { ArticleSource } from '../articles/queries.ts';

/** Which footnote stands for which source. */
export interface Footnotes {
  /** By the id of the source. */
  labels: Map<string, string>;
  /** The id of the source, by the footnote. */
  sourceOf: Map<string, string>;
}

/**
 * The footnotes of a text and the sources that they name, by address or title: a person may have numbered them anew. One
 * that names no source of the article leads to none.
 */
export function footnotesOf(
  markdown: string,
  sources: readonly Pick<ArticleSource, 'id' | 'number' | 'url' | 'title'>[],
): Footnotes {
  const found: Footnotes = { labels: new Map(), sourceOf: new Map() };
  for (const [, label = '', note = ''] of markdown.matchAll(/^\[\^([^\]\s]+)\]:(.*)$/gm)) {
    const names = ({ url, title }: (typeof sources)[number]) =>
      (url !== null && note.includes(url)) ||
      note.includes(escapeLinkText(title)) ||
      note.includes(escapeMarkdown(title));
    const candidates = sources.filter(names);
    // Two sources of one title: the number tells them apart as long as nobody has changed it.
    const source = candidates.find(({ number }) => String(number) === label) ?? candidates[0];
    if (!source || found.labels.has(source.id)) continue;
    found.labels.set(source.id, label);
    found.sourceOf.set(label, source.id);
  }
  return found;
}

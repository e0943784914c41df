import type { TextCheck } from '@/api/client/types.gen.ts';
import type { EditorSession } from '../editor/session.ts';
import { plainWords } from './plain-words.ts';

/** Where something can be mended: a field, or a stretch of the Markdown. */
export type Place = NonNullable<TextCheck['seo']['checks'][number]['at']>;

/** As much of a stretch as is looked for: what follows may have been cut into other pieces. */
const soughtLength = 120;

/** Brings a place of the text, or a field, into view and puts the caret there. `markdown` is the text that the place is of. */
export function showPlace(session: EditorSession, markdown: string, place: Place): void {
  if ('field' in place) {
    const field = document.querySelector<HTMLElement>(
      place.field === 'title' ? '#article-title' : `[data-field="${place.field}"]`,
    );
    field?.scrollIntoView({ block: 'center' });
    field?.focus();
    return;
  }
  const piece = markdown.slice(place.start, place.end);
  const image = /^!\[[^\]]*\]\(<?([^\s>)]+)/.exec(piece)?.[1];
  if (image !== undefined && session.revealImage(image)) return;
  const sought = plainWords(piece);
  const cut = sought.length <= soughtLength ? sought : sought.slice(0, soughtLength).replace(/\s+\S*$/, '');
  session.reveal(cut);
}

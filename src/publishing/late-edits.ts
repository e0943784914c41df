import { z } from 'zod';
import type { WordPressClient, WordPressPost } from '../wordpress/client.ts';
import { siteCauseOf } from '../wordpress/site-error.ts';
import { sameTexts, type textFields } from './changes.ts';

const raw = z.object({ raw: z.string() });
const revisionShape = z.object({
  id: z.int(),
  slug: z.string().catch(''),
  date_gmt: z.string().nullable().catch(null),
  title: raw,
  content: raw,
  excerpt: raw,
});
type Text = Pick<WordPressPost, (typeof textFields)[number]>;

/** Ours, what stood before it, and what a person may have saved in between. */
const revisionsRead = 4;
/** A person would have to save at the very moment of each of our writes. */
const rounds = 3;

/**
 * REST has no way to write only what has not changed. So after a write the revisions of the site are looked at: right
 * before ours must stand what we had compared with. A text that a person saved in between is put back at once.
 * `before` is the post as we compared it, `after` as our write left it. Returns the post when an edit was put back, null
 * when there was none, and a warning where the site does not let us know.
 */
export async function restoreLateEdit(
  client: Pick<WordPressClient, 'call' | 'getPost'>,
  before: WordPressPost,
  after: WordPressPost,
): Promise<{ restored: WordPressPost | null; warnings: string[] }> {
  let [compared, written] = [before, after];
  let restored: WordPressPost | null = null;
  for (let round = 0; round < rounds; round += 1) {
    const found = await editBetween(client, compared, written);
    if (typeof found === 'string') return { restored, warnings: [found] };
    if (!found) break;
    await client.call('POST', `/wp/v2/posts/${after.id}`, { parameters: { _fields: 'id' }, body: found });
    compared = written;
    restored = await client.getPost(after.id);
    written = { ...restored, ...found };
  }
  return { restored, warnings: [] };
}

/** The text that was saved between `before` and `after`; words when the site keeps no revisions that would tell. */
async function editBetween(
  client: Pick<WordPressClient, 'call'>,
  before: WordPressPost,
  after: WordPressPost,
): Promise<Text | string | null> {
  let json: unknown;
  try {
    const parameters = { context: 'edit', per_page: revisionsRead, _fields: 'id,slug,date_gmt,title,content,excerpt' };
    ({ json } = await client.call('GET', `/wp/v2/posts/${after.id}/revisions`, { parameters }));
  } catch (error) {
    const cause = siteCauseOf(error);
    if (cause === 'not_found' || cause === 'rest_missing' || cause === 'role_insufficient') return noRevisions;
    throw error;
  }
  const listed = z.array(revisionShape).safeParse(json);
  if (!listed.success) return noRevisions;
  const revisions = listed.data
    // What the editor saves by itself while somebody types is no state that the post was ever in.
    .filter(({ slug }) => !slug.includes('autosave'))
    .map(({ date_gmt, title, content, excerpt }) => ({
      at: date_gmt,
      text: { title: title.raw, content: content.raw, excerpt: excerpt.raw },
    }));
  const ours = revisions.findIndex(({ text }) => sameTexts(text, after));
  if (ours < 0) return noRevisions;
  const earlier = revisions.slice(ours + 1).find(({ text }) => !sameTexts(text, after));
  if (!earlier || sameTexts(earlier.text, before)) return null;
  // Older than what we compared with: no edit in between, but a state whose saving made no revision.
  const looked = Date.parse(before.modifiedGmt ?? '');
  if (earlier.at && Date.parse(`${earlier.at}Z`) < looked) return null;
  return earlier.text;
}

const noRevisions =
  'The site keeps no revisions that we can read, so an edit at the very moment of our update could not be noticed.';

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

/** What became known of a write. */
export interface LateEdit {
  /** The post after an edit was put back; null when there was none to be seen. */
  restored: WordPressPost | null;
  /** True where the site does not keep the revisions that an edit would be seen in. */
  unseen: boolean;
  /** When somebody's unsaved changes were last stored by the editor, in UTC, if that was since the post was last saved. */
  unsavedAt: Date | null;
}

/**
 * REST has no way to write only what has not changed. So after a write the revisions of the site are looked at: right
 * before ours must stand what we had compared with. A text that a person saved in between is put back at once.
 * `before` is the post as we compared it, `after` as our write left it.
 */
export async function restoreLateEdit(
  client: Pick<WordPressClient, 'call' | 'getPost'>,
  before: WordPressPost,
  after: WordPressPost,
): Promise<LateEdit> {
  let [compared, written] = [before, after];
  let restored: WordPressPost | null = null;
  let unsavedAt: Date | null = null;
  for (let round = 0; round < rounds; round += 1) {
    const seen = await lookBack(client, compared, written);
    unsavedAt ??= seen.unsavedAt;
    if (seen.unseen) return { restored, unseen: true, unsavedAt };
    if (!seen.between) break;
    await client.call('POST', `/wp/v2/posts/${after.id}`, { parameters: { _fields: 'id' }, body: seen.between });
    compared = written;
    restored = await client.getPost(after.id);
    written = { ...restored, ...seen.between };
  }
  return { restored, unseen: false, unsavedAt };
}

interface LookBack {
  /** The text that was saved between `before` and `after`. */
  between: Text | null;
  unseen: boolean;
  unsavedAt: Date | null;
}
const unseen: LookBack = { between: null, unseen: true, unsavedAt: null };

async function lookBack(
  client: Pick<WordPressClient, 'call'>,
  before: WordPressPost,
  after: WordPressPost,
): Promise<LookBack> {
  let json: unknown;
  try {
    const parameters = { context: 'edit', per_page: revisionsRead, _fields: 'id,slug,date_gmt,title,content,excerpt' };
    ({ json } = await client.call('GET', `/wp/v2/posts/${after.id}/revisions`, { parameters }));
  } catch (error) {
    const cause = siteCauseOf(error);
    if (cause === 'not_found' || cause === 'rest_missing' || cause === 'role_insufficient') return unseen;
    throw error;
  }
  const listed = z.array(revisionShape).safeParse(json);
  if (!listed.success) return unseen;
  const looked = Date.parse(before.modifiedGmt ?? '');
  const at = ({ date_gmt }: { date_gmt: string | null }) => Date.parse(`${date_gmt}Z`);
  // What the editor saves by itself while somebody types is no state that the post was ever in.
  const isAutosave = ({ slug }: { slug: string }) => slug.includes('autosave');
  const unsaved = listed.data.find(
    (one) => isAutosave(one) && at(one) >= looked && ![before, after].some((post) => sameTexts(textOf(one), post)),
  );
  const known = { between: null, unseen: false, unsavedAt: unsaved ? new Date(at(unsaved)) : null };
  const revisions = listed.data.filter((one) => !isAutosave(one));
  const ours = revisions.findIndex((one) => sameTexts(textOf(one), after));
  if (ours < 0) return { ...known, unseen: true };
  const earlier = revisions.slice(ours + 1).find((one) => !sameTexts(textOf(one), after));
  // There were as many before our write, so the site throws old ones away: an edit in between may be among them.
  if (!earlier)
    return { ...known, unseen: before.revisions !== null && before.revisions > 0 && isPruned(before, after) };
  if (sameTexts(textOf(earlier), before)) return known;
  // Older than what we compared with: no edit in between, but a state whose saving made no revision.
  if (at(earlier) < looked) return known;
  return { ...known, between: textOf(earlier) };
}

const isPruned = (before: WordPressPost, after: WordPressPost) =>
  after.revisions === null || after.revisions <= (before.revisions ?? 0);

const textOf = ({ title, content, excerpt }: z.output<typeof revisionShape>): Text => ({
  title: title.raw,
  content: content.raw,
  excerpt: excerpt.raw,
});

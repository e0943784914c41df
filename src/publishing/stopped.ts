import { AppError } from '../errors.ts';
import type { Delivery, TaskResult } from './delivery.ts';
import { convertedTo } from './find-post.ts';
import type { SeenPost, StoredConflict } from './schema.ts';

const names: Readonly<Record<string, string>> = {
  title: 'title',
  excerpt: 'excerpt',
  content: 'text',
  slug: 'address',
  status: 'status',
  categories: 'categories',
  tags: 'tags',
  author: 'author',
  featuredMedia: 'featured image',
  comments: 'comments',
  template: 'template',
  sticky: 'pin',
  seoTitle: 'title for search engines',
  seoDescription: 'description for search engines',
  focusKeyword: 'focus keyword',
};

/** Names of fields in words, as in “the title, the text and the tags”. */
export function listFields(fields: readonly string[]): string {
  const said = fields.map((name) => `the ${names[name] ?? name}`);
  return said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')} and ${said.at(-1)}`;
}

/** The end of a task that only a person can take further. */
export function stopped(
  { site }: Pick<Delivery, 'site'>,
  theirs: SeenPost | null,
  kind: StoredConflict['kind'],
  {
    fields = [],
    late = false,
    wanted,
    endangered = null,
    other = null,
  }: Partial<Omit<StoredConflict, 'kind'>> & {
    /** In words: what a person made on the site and the update would have destroyed. */
    endangered?: string | null;
    /** What the post has become. */
    other?: string | null;
  } = {},
): TaskResult {
  const where = `“${site.name}”`;
  const hint = 'Open the publication to compare both versions and choose one, or a mixture. Nothing was overwritten.';
  const edited = () => {
    if (late) return `Somebody edited the post on ${where} at the moment of the update; the edit was kept.`;
    const unseen = fields.filter(({ theirs: there }) => there === null).map(({ name }) => name);
    if (unseen.length > 0 && unseen.length === fields.length && !endangered) {
      return `Changed here, and ${where} does not let us see whether a person changed it there: ${listFields(unseen)}. The post was left as it is.`;
    }
    if (endangered === null) {
      return `Changed both here and on ${where}: ${listFields(fields.map(({ name }) => name))}. The post was left as it is.`;
    }
    return `The post on ${where} was left as it is: ${endangered}.`;
  };
  const error = {
    edited: () => new AppError('conflict', edited(), { hint }),
    trashed: () =>
      new AppError('conflict', `The post lies in the trash of ${where}; it was left there.`, {
        hint: 'Open the publication to take it out of the trash, or to leave it there. Restoring it in WordPress under Posts > Trash and retrying works as well.',
      }),
    deleted: () =>
      new AppError('conflict', `The post was deleted on ${where}; it was not made anew.`, {
        hint: 'Open the publication to publish the article there again, or to leave it deleted.',
      }),
    converted: () =>
      new AppError(
        'conflict',
        `The post is not a post any more on ${where}, but of the type “${other}”; it was left as it is.`,
        {
          hint: 'Make it a post again in WordPress and retry, or open the publication to leave it as it is.',
        },
      ),
  }[kind]();
  return { kind: 'conflict', error, theirs, conflict: { kind, fields, late, ...(wanted ? { wanted } : {}) } };
}

/** The end for a post that its id does not lead to any more: deleted, or made something else by a plugin. */
export async function stoppedAsGone(delivery: Delivery): Promise<TaskResult> {
  const other = await convertedTo(delivery);
  return stopped(delivery, null, other === null ? 'deleted' : 'converted', { other });
}

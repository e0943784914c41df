import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { getArticle } from '../articles/queries.ts';
import { type Article, articleRevisions } from '../articles/schema.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import type { WordPressPost } from '../wordpress/client.ts';
import { plainText, readSlug } from '../wordpress/same-post.ts';
import { readPost } from './from-blocks.ts';
import { type Hunk, mergeMarkdown } from './merge.ts';
import { type ConflictField, type Publication, publicationTasks } from './schema.ts';

const value = z.string().nullable();
const list = z.array(z.string()).nullable();
export const conflictChoices = ['theirs', 'ours', 'merge', 'leave', 'again'] as const;
export type ConflictChoice = (typeof conflictChoices)[number];

/** What a person needs to decide a conflict. */
export const conflictSchema = z
  .object({
    publicationId: z.uuid(),
    articleId: z.uuid(),
    task: z.enum(publicationTasks).meta({ description: 'What was stopped' }),
    kind: z.enum(['edited', 'trashed', 'deleted', 'converted']).meta({
      description:
        'What a person did on the site: changed the post, put it into the trash, deleted it, or made it something else (a page)',
    }),
    late: z.boolean().meta({ description: 'The edit came at the very moment of the update and was put back at once' }),
    choices: z.array(z.enum(conflictChoices)).meta({ description: 'What `resolve` takes here' }),
    articleRevision: z.int().meta({ description: 'Send it back with the choice' }),
    theirsModified: value.meta({ description: 'When the post was last changed on the site; send it back, too' }),
    fields: z
      .array(
        z.object({
          name: z.string(),
          base: value,
          ours: value,
          theirs: value,
          names: z.object({ base: list, ours: list, theirs: list }).nullable().meta({
            description:
              'What the site calls its categories, tags, author or image, which the values number; null for other fields, and where the site did not tell',
          }),
        }),
      )
      .meta({ description: 'Each field that differs, in readable words; `base` is null when it is not known' }),
    article: z
      .object({ title: z.string(), excerpt: z.string(), slug: z.string() })
      .meta({ description: 'As it is here' }),
    text: z
      .object({
        base: value,
        ours: z.string(),
        theirs: z.string(),
        lost: z.array(z.string()).meta({
          description:
            'Formatting on the site that Markdown cannot hold; it stays as long as the words there are not changed here',
        }),
        hunks: z
          .array(
            z.discriminatedUnion('kind', [
              z.object({ kind: z.literal('agreed'), text: z.string() }),
              z.object({ kind: z.literal('open'), ours: z.string(), base: value, theirs: z.string() }),
            ]),
          )
          .meta({ description: 'Both texts merged; the open places need a choice' }),
      })
      .nullable()
      .meta({ description: 'Markdown; null when the post is not there to be compared' }),
  })
  .meta({ id: 'PublicationConflict' });
export type ConflictView = z.infer<typeof conflictSchema>;

/** Throws `invalid_state` when there is none. */
export function assertConflict(row: Publication): void {
  if (row.status === 'conflict') return;
  throw new AppError('invalid_state', `This publication is ${row.status}: there is nothing to decide.`, {
    hint: 'Look at the publication again; the conflict may have been settled in the meantime.',
  });
}

/** The three versions of what a publication and its site disagree about. Throws `invalid_state` when they do not. */
export async function readConflict(db: Db, row: Publication): Promise<ConflictView> {
  assertConflict(row);
  const article = await getArticle(db, row.userId, row.articleId);
  const stored = row.conflict ?? {
    kind: row.theirs ? ('edited' as const) : ('deleted' as const),
    fields: [],
    late: false,
  };
  const { theirs } = row;
  const base = await baseOf(db, row, article);
  const text = theirs && textOf(row, article, base, theirs);
  return {
    publicationId: row.id,
    articleId: article.id,
    task: row.task,
    kind: stored.kind,
    late: stored.late,
    choices: choicesOf(row),
    articleRevision: article.revision,
    theirsModified: theirs?.modifiedGmt ?? null,
    fields: theirs ? fieldsOf(article, base, theirs, stored.fields) : [],
    article: { title: article.title, excerpt: article.excerpt, slug: article.slug },
    text,
  };
}

/** What a person can choose in a conflict. */
export function choicesOf({ conflict, task }: Publication): ConflictChoice[] {
  // Made anew, it would stand there twice.
  if (conflict?.kind === 'converted') return ['leave'];
  if (conflict?.kind === 'trashed' || conflict?.kind === 'deleted') return ['leave', 'again'];
  // An edited post that was to be taken down: it stays, or is taken down after all by asking with evenIfEdited.
  return task === 'trash' ? ['leave'] : ['theirs', 'ours', 'merge'];
}

interface Words {
  title: string;
  excerpt: string;
  slug: string;
  markdown: string;
}

/** The article as the post was made of it, or the post itself where that is what we had accepted. */
async function baseOf(db: Db, row: Publication, article: Article): Promise<Words | null> {
  if (row.sentRevision !== null) {
    const [revision] = await db
      .select()
      .from(articleRevisions)
      .where(and(eq(articleRevisions.articleId, article.id), eq(articleRevisions.revision, row.sentRevision)));
    if (revision) return { title: revision.title, markdown: revision.markdown, ...revision.fields };
  }
  return row.sent && { ...wordsOf(row.sent), markdown: readPost(article.markdown, row.sent.content).markdown };
}

/** Title, excerpt and address of a post in plain words. */
export const wordsOf = (post: Pick<WordPressPost, 'title' | 'excerpt' | 'slug'>) => ({
  title: plainText(post.title),
  excerpt: plainText(post.excerpt),
  slug: readSlug(post.slug).replace(/__trashed(?:-\d+)?$/, ''),
});

/** The text on the site as Markdown, read by what it was made of. */
export function theirMarkdown(row: Publication, madeOf: string, theirs: WordPressPost) {
  return readPost(madeOf, theirs.content, row.sent?.content);
}

function textOf(row: Publication, article: Article, base: Words | null, theirs: WordPressPost): ConflictView['text'] {
  const { markdown, lost } = theirMarkdown(row, base?.markdown ?? article.markdown, theirs);
  const hunks: Hunk[] = mergeMarkdown(article.markdown, base?.markdown ?? null, markdown);
  return { base: base?.markdown ?? null, ours: article.markdown, theirs: markdown, lost, hunks };
}

function fieldsOf(
  article: Article,
  base: Words | null,
  theirs: WordPressPost,
  stored: readonly ConflictField[],
): ConflictView['fields'] {
  const there = wordsOf(theirs);
  const texts: ConflictField[] = (['title', 'excerpt', 'slug'] as const)
    .map((name) => ({ name, base: base?.[name] ?? null, ours: article[name], theirs: there[name] }))
    .filter(({ ours, theirs: other }) => ours !== other);
  const others = stored.filter(({ name }) => !['title', 'excerpt', 'slug', 'content'].includes(name));
  return [...texts, ...others].map((field) => ({ ...field, names: field.names ?? null }));
}

/** The base Markdown of a conflict, for reading the text on the site. */
export async function baseMarkdown(db: Db, row: Publication, article: Article): Promise<string> {
  return (await baseOf(db, row, article))?.markdown ?? article.markdown;
}

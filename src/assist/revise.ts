import { type ClaimRow, listArticleSources, listClaims } from '../articles/queries.ts';
import type { Article } from '../articles/schema.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { type CitablePassage, getPassages, listPassages } from '../knowledge/store.ts';
import type { Prompt } from '../llm/prompt.ts';
import type { Revision, TaskInput } from '../llm/tasks.ts';
import { giveHandles, type Handles } from '../pipeline/handles.ts';
import { detectLanguage } from '../text/language.ts';
import { contentTerms } from '../text/terms.ts';
import { countWords } from '../text/words.ts';
import { footnotesOf } from './footnotes.ts';
import { revisePrompt } from './prompt.ts';
import { readSelection, type Selection } from './selection.ts';

/** What a person wishes for a stretch of an article. */
export interface RevisionRequest {
  action: Revision;
  tone?: string | undefined;
  instruction?: string | undefined;
  /** Markdown. */
  selection: string;
  before?: string | undefined;
  after?: string | undefined;
  /** Counts up where another answer is wanted although there is one. */
  again?: number | undefined;
}

/** A wish as a model is asked for it, and what is needed to check and set its answer. */
export interface RevisionTask {
  prompt: Prompt<'revise'>;
  input: TaskInput<'revise'>;
  selection: Selection;
  language: string;
  handles: Handles;
  passages: Map<string, CitablePassage>;
  claims: ClaimRow[];
  /** The footnote of each source that may be cited. */
  labels: Map<string, string>;
  /** Footnotes of the selection that lead to no source of the article; nothing can be cited for them. */
  foreignLabels: string[];
}

/** Passages that a revision may cite, and how many more when it shall say more. */
const mostPassages = 12;
const morePassages = 6;
/** Of what stands around the selection, in characters. */
const contextLength = 1_000;
/** How long the answer shall be, as a share of the words that are there. */
const lengths: Record<Revision, number> = { rewrite: 1, shorten: 0.6, expand: 1.6, tone: 1 };

/**
 * Puts a wish together: the sentences of the selection with what they cite, and the passages that may be cited, which are
 * those of the sources that the selection cites already. Nothing else can come in.
 * @throws AppError invalid_request when the selection is not of paragraphs and lists
 */
export async function planRevision(
  { db }: Pick<AppContext, 'db'>,
  article: Article,
  request: RevisionRequest,
): Promise<RevisionTask> {
  const language = article.language ?? (await detectLanguage(article.markdown)) ?? 'en';
  const claims = (await listClaims(db, article.userId, article.id)).filter(({ outcome }) => outcome !== 'removed');
  const selection = readSelection(request.selection, claims, language);
  const stated = new Set(selection.blocks.flatMap(({ sentences }) => sentences.flatMap(({ claimIds }) => claimIds)));
  const sources = await listArticleSources(db, [article.id]);
  const { labels, sourceOf } = footnotesOf(article.markdown, sources);
  const cited = new Set([
    ...selection.labels.flatMap((label) => sourceOf.get(label) ?? []),
    ...claims.flatMap(({ id, sourceId }) => (sourceId && stated.has(id) && labels.has(sourceId) ? [sourceId] : [])),
  ]);
  const passages = await passagesFor(db, article, request, claims, stated, cited, language);
  const handles = giveHandles([...passages.values()]);
  const refs = new Map([...passages.keys()].map((id, index) => [id, `p${index + 1}`]));
  const blocks = selection.blocks.map(({ type, sentences }) => ({
    type,
    sentences: sentences.map(({ text, claimIds }) => ({
      text,
      citations: claims.flatMap(({ id, passageId, quote }) => {
        const ref = passageId ? refs.get(passageId) : undefined;
        return claimIds.includes(id) && ref && quote ? [{ ref, quote }] : [];
      }),
    })),
  }));
  const words = blocks.reduce(
    (sum, { sentences }) => sum + sentences.reduce((part, { text }) => part + countWords(text), 0),
    0,
  );
  return {
    prompt: revisePrompt,
    input: {
      action: request.action,
      tone: request.tone ?? null,
      instruction: request.instruction ?? null,
      language,
      words: Math.max(8, Math.round(words * lengths[request.action])),
      before: (request.before ?? '').slice(-contextLength),
      after: (request.after ?? '').slice(0, contextLength),
      blocks,
      passages: handles.passages,
    },
    selection,
    language,
    handles,
    passages,
    claims,
    labels,
    foreignLabels: selection.labels.filter((label) => !sourceOf.has(label)),
  };
}

/** What the selection's own sentences rest on, then what other claims took from its sources, then, to say more, the rest of those. */
async function passagesFor(
  db: AppContext['db'],
  { userId }: Article,
  { action, selection }: RevisionRequest,
  claims: ClaimRow[],
  stated: Set<string>,
  cited: Set<string>,
  language: string,
): Promise<Map<string, CitablePassage>> {
  const wanted = new Set(contentTerms(selection, language));
  const closeness = (text: string) => contentTerms(text, language).filter((term) => wanted.has(term)).length;
  const own = claims.filter(({ id, sourceId }) => stated.has(id) && sourceId && cited.has(sourceId));
  const others = claims
    .filter(({ id, sourceId }) => !stated.has(id) && sourceId && cited.has(sourceId))
    .sort((a, b) => closeness(b.text) - closeness(a.text));
  const ids = new Set([...own, ...others].flatMap(({ passageId }) => passageId ?? []));
  const known = await getPassages(db, userId, [...cited], [...ids]);
  const chosen = [...ids].flatMap((id) => known.get(id) ?? []).slice(0, mostPassages);
  if (action === 'expand') {
    const more = (await listPassages(db, userId, [...cited]))
      .filter(({ id }) => !chosen.some((passage) => passage.id === id))
      .map((passage) => ({ passage, score: closeness(passage.text) }))
      .sort((a, b) => b.score - a.score);
    chosen.push(...more.slice(0, morePassages).map(({ passage }) => passage));
  }
  return new Map(chosen.map((passage) => [passage.id, passage]));
}

/** The models that can be asked for a wish: the offline writer only leaves sentences out. Throws `invalid_state` when none can. */
export function modelsForWish(chain: readonly string[], action: Revision): readonly string[] {
  const able = action === 'shorten' ? chain : chain.filter((id) => id !== 'offline');
  if (able.length > 0) return able;
  throw new AppError('invalid_state', 'This instance has no model that could put it in other words.', {
    hint: 'Have its operator set LLM_MODEL, for example LLM_MODEL=openai:gpt-5-mini, or choose a model that you have a key of your own for. To shorten needs none.',
  });
}

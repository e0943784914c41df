import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { gatherSource, nameOfSource, type SourceProblem } from '../../knowledge/gather.ts';
import { pipelineSources, type Source } from '../../knowledge/schema.ts';
import { storeDocument } from '../../knowledge/store.ts';
import { modelsFor } from '../../llm/models.ts';
import { searchersOf } from '../../web-search/searchers.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import type { Brief } from '../brief.ts';
import { defineStep, type StepContext } from '../define-step.ts';
import { explainSearch, type FoundSources, findSources, isSearchFailure, noProviderHint } from './find-sources.ts';
import { readAhead } from './read-ahead.ts';

export const researchOutput = z.object({
  /** In the order in which they were asked for; nothing else can be cited. */
  sourceIds: z.array(z.uuid()).min(1),
  /** What the article is written in. */
  language: z.string(),
  problems: z.array(
    z.object({ source: z.string(), code: z.string(), message: z.string(), hint: z.string().default('') }),
  ),
  /** The query that found a source, for those that a search found. Missing when nothing was searched for. */
  foundBy: z.record(z.uuid(), z.string()).optional(),
});
export type ResearchOutput = z.infer<typeof researchOutput>;

/** While one source is stored, the next ones are fetched; more at once would be rude to a site that is named often. */
const sourcesAtOnce = 3;

/** Fewer words than this in all sources together make no article, only padding. */
const minWords = 60;
const noSourcesHint =
  'Add at least one page, feed, file or pasted text that can be read, and start again. Without sources nothing is written.';

const searchedHint =
  'Add sources of your own to the brief, put the topic into more common words, or widen the lists of allowed and denied domains.';

/** research: reads every source safely, looks for some where the brief names none, splits it into passages, embeds and stores them. No source, no article. */
export const researchStep = defineStep<'research', { topic: TopicOutput }, ResearchOutput>({
  name: 'research',
  version: 1,
  needs: ['topic'],
  output: researchOutput,
  weight: 3,
  async run(context, { topic }) {
    const { brief, app, pipeline } = context;
    const searches = brief.sources.length === 0 || brief.search?.also === true;
    const canSearch = (await searchersOf(app, pipeline.userId)).length > 0;
    if (brief.sources.length === 0 && !canSearch) {
      throw new AppError(
        'no_sources',
        'No sources were given, and no search provider is configured to look for some.',
        {
          hint: noProviderHint,
        },
      );
    }
    const share = searches && canSearch ? 0.3 : 1;
    const stored = new Map<string, Source>();
    const problems: SourceProblem[] = [];
    let read = 0;
    const gather = async (requested: Brief['sources'][number], signal: AbortSignal) => {
      await context.log(`Reading ${nameOfSource(requested)}.`);
      return gatherSource(app, requested, signal, {
        topic: { text: `${brief.topic} ${topic.keyword}`, language: topic.language },
        log: (message) => context.log(message),
      });
    };
    for await (const gathered of readAhead(brief.sources, sourcesAtOnce, context.signal, gather)) {
      context.signal.throwIfAborted();
      problems.push(...gathered.problems);
      for (const found of gathered.documents) {
        await context.assertLease();
        const source = await storeDocument(app.db, app.embedder, pipeline.userId, found, context.lockLease);
        if (source) stored.set(source.id, source);
        else {
          const name = found.url ?? found.document.title;
          const [message, hint] = ['It holds no text that could be cited.', 'Use a source with more text.'];
          problems.push({ source: name, code: 'extraction_failed', message, hint });
        }
      }
      await context.progress((++read / brief.sources.length) * share);
    }
    for (const problem of problems)
      await context.log(`Not used: ${problem.source}. ${problem.message} ${problem.hint}`);
    let search: FoundSources | null = null;
    if (searches && canSearch) {
      const before = brief.sources.length > 0 ? share : 0;
      const progress = (fraction: number) => context.progress(before + (1 - before) * fraction);
      try {
        search = await findSources(context, topic, [...stored.values()], progress);
      } catch (error) {
        // A wish for more is no reason to do without what is there.
        if (!isSearchFailure(error) || wordsOf([...stored.values()]) < minWords) throw error;
        await context.log('The search failed: going on with the sources that were given.');
      }
    } else if (searches) await context.log(`Nothing was searched for. ${noProviderHint}`);
    const found = search?.found ?? [];
    const sources = [...stored.values(), ...found.map(({ source }) => source)];
    const words = wordsOf(sources);
    if (words < minWords) {
      const given = brief.sources.length > 0 ? [explain(stored.size, words, problems)] : [];
      const message = [...given, ...(search ? [explainSearch(search)] : [])].join(' ');
      const hint = [problems[0]?.hint, search ? searchedHint : noSourcesHint].filter(Boolean).join(' ');
      throw new AppError('no_sources', message, { hint });
    }
    return {
      sourceIds: sources.map((source) => source.id),
      language: brief.language ?? (await articleLanguage(context, topic, sources)),
      problems: [...problems, ...(search?.problems ?? [])],
      ...(search ? { foundBy: Object.fromEntries(found.map(({ source, query }) => [source.id, query])) } : {}),
    };
  },
  async save(tx, context, _needs, output) {
    const rows = output.sourceIds.map((sourceId, position) => ({
      pipelineId: context.pipeline.id,
      sourceId,
      userId: context.pipeline.userId,
      position,
      origin: output.foundBy?.[sourceId] === undefined ? ('brief' as const) : ('search' as const),
      foundBy: output.foundBy?.[sourceId] ?? null,
    }));
    await tx.delete(pipelineSources).where(eq(pipelineSources.pipelineId, context.pipeline.id));
    await tx.insert(pipelineSources).values(rows);
  },
});

const wordsOf = (sources: Source[]) => sources.reduce((sum, source) => sum + source.wordCount, 0);

function explain(count: number, words: number, problems: SourceProblem[]): string {
  const told = problems.slice(0, 3).map(({ source, message }) => ` ${source}: ${message}`);
  const more = problems.length > told.length ? ` The run lists ${problems.length - told.length} more.` : '';
  const what = count === 0 ? 'None of the sources could be used.' : `The sources hold only ${words} words of text.`;
  return `${what}${told.join('')}${more}`;
}

/** A model writes in the language of the brief; the extractive writer can only write in that of its sources. */
async function articleLanguage(context: StepContext, topic: TopicOutput, sources: Source[]): Promise<string> {
  const words = new Map<string, number>();
  for (const { language, wordCount } of sources) {
    if (language) words.set(language, (words.get(language) ?? 0) + wordCount);
  }
  const most = [...words].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  const { models } = context.app;
  const order = modelsFor(models, context.brief)[0] === 'offline' ? [most, topic.language] : [topic.language, most];
  return order[0] ?? order[1] ?? 'en';
}

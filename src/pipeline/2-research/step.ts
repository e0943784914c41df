import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { gatherSource, nameOfSource, type SourceProblem } from '../../knowledge/gather.ts';
import { pipelineSources, type Source } from '../../knowledge/schema.ts';
import { storeDocument } from '../../knowledge/store.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import { defineStep, type StepContext } from '../define-step.ts';

export const researchOutput = z.object({
  /** In the order in which they were asked for; nothing else can be cited. */
  sourceIds: z.array(z.uuid()).min(1),
  /** What the article is written in. */
  language: z.string(),
  problems: z.array(
    z.object({ source: z.string(), code: z.string(), message: z.string(), hint: z.string().default('') }),
  ),
});
export type ResearchOutput = z.infer<typeof researchOutput>;

/** Fewer words than this in all sources together make no article, only padding. */
const minWords = 60;
const noSourcesHint =
  'Add at least one page, feed, file or pasted text that can be read, and start again. Without sources nothing is written.';

/** research: reads every source safely, splits it into passages, embeds and stores them. No source, no article. */
export const researchStep = defineStep<'research', { topic: TopicOutput }, ResearchOutput>({
  name: 'research',
  version: 1,
  needs: ['topic'],
  output: researchOutput,
  weight: 3,
  async run(context, { topic }) {
    const { brief, app, pipeline } = context;
    if (brief.sources.length === 0) {
      throw new AppError('no_sources', 'No sources were given.', { hint: noSourcesHint });
    }
    const stored = new Map<string, Source>();
    const problems: SourceProblem[] = [];
    for (const [index, requested] of brief.sources.entries()) {
      context.signal.throwIfAborted();
      await context.log(`Reading ${nameOfSource(requested)}.`);
      const gathered = await gatherSource(app, requested, context.signal, {
        topic: { text: `${brief.topic} ${topic.keyword}`, language: topic.language },
        log: (message) => context.log(message),
      });
      problems.push(...gathered.problems);
      for (const read of gathered.documents) {
        await context.assertLease();
        const source = await storeDocument(app.db, app.embedder, pipeline.userId, read);
        if (source) stored.set(source.id, source);
        else {
          const name = read.url ?? read.document.title;
          const [message, hint] = ['It holds no text that could be cited.', 'Use a source with more text.'];
          problems.push({ source: name, code: 'extraction_failed', message, hint });
        }
      }
      await context.progress((index + 1) / brief.sources.length);
    }
    for (const problem of problems)
      await context.log(`Not used: ${problem.source}. ${problem.message} ${problem.hint}`);
    const sources = [...stored.values()];
    const words = sources.reduce((sum, source) => sum + source.wordCount, 0);
    if (words < minWords)
      throw new AppError('no_sources', explain(sources.length, words, problems), {
        hint: [problems[0]?.hint, noSourcesHint].filter(Boolean).join(' '),
      });
    return {
      sourceIds: sources.map((source) => source.id),
      language: brief.language ?? (await articleLanguage(context, topic, sources)),
      problems,
    };
  },
  async save(tx, context, _needs, output) {
    const rows = output.sourceIds.map((sourceId, position) => ({
      pipelineId: context.pipeline.id,
      sourceId,
      userId: context.pipeline.userId,
      position,
    }));
    await tx.delete(pipelineSources).where(eq(pipelineSources.pipelineId, context.pipeline.id));
    await tx.insert(pipelineSources).values(rows);
  },
});

function explain(count: number, words: number, problems: SourceProblem[]): string {
  const first = problems[0] ? ` ${problems[0].source}: ${problems[0].message}` : '';
  if (count === 0) return `None of the sources could be used.${first}`;
  return `The sources hold only ${words} words of text.${first}`;
}

/** A model writes in the language of the brief; the extractive writer can only write in that of its sources. */
async function articleLanguage(context: StepContext, topic: TopicOutput, sources: Source[]): Promise<string> {
  const words = new Map<string, number>();
  for (const { language, wordCount } of sources) {
    if (language) words.set(language, (words.get(language) ?? 0) + wordCount);
  }
  const most = [...words].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  const { models } = context.app;
  const model = await models.resolve(context.brief.model ?? models.defaultId);
  const order = model.provider === 'offline' ? [most, topic.language] : [topic.language, most];
  return order[0] ?? order[1] ?? 'en';
}

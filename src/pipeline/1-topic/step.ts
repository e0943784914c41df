import { z } from 'zod';
import { intents } from '../../llm/tasks.ts';
import { oneLine } from '../../storable.ts';
import { detectLanguage } from '../../text/language.ts';
import { limitText } from '../../text/limit-text.ts';
import { defineStep, PipelineWaiting, type StepContext } from '../define-step.ts';
import { findDuplicate, nameOfDuplicate } from './duplicates.ts';
import { topicPrompt } from './prompt.ts';

export const topicOutput = z.object({
  angle: z.string(),
  keyword: z.string(),
  intent: z.enum(intents),
  titles: z.array(z.string()),
  title: z.string(),
  /** Of the brief's own words; null when they are too few to tell. The sources may still decide otherwise. */
  language: z.string().nullable(),
  /** What else to search for. Missing in records of earlier versions, whose digests must stay what they are. */
  queries: z.array(z.string()).optional(),
});
export type TopicOutput = z.infer<typeof topicOutput>;

/** In characters: no title or keyword of a model grows longer than the editor takes. */
const maxTitle = 200;
const maxKeyword = 100;

/** topic: refuses what the account already has, before anything is spent, then finds angle, keyword and title. */
export const topicStep = defineStep<'topic', object, TopicOutput>({
  name: 'topic',
  version: 1,
  needs: [],
  output: topicOutput,
  weight: 1,
  async run(context) {
    const { brief } = context;
    const language = brief.language ?? (await detectLanguage(`${brief.topic}. ${brief.keyword ?? ''}`));
    await stopAtDuplicate(context, language);
    await context.log('Looking for an angle and a title.');
    const { answer } = await context.ask(topicPrompt, {
      topic: brief.topic,
      keyword: brief.keyword ?? null,
      audience: brief.audience ?? null,
      voice: brief.voice ?? null,
      language: language ?? 'en',
      words: brief.words,
    });
    const titles = answer.titles.map((title) => limitText(oneLine(title), maxTitle));
    return {
      angle: oneLine(answer.angle),
      keyword: brief.keyword ?? (limitText(oneLine(answer.keyword), maxKeyword) || limitText(brief.topic, maxKeyword)),
      intent: answer.intent,
      titles,
      title: titles[answer.chosen] || titles.find(Boolean) || limitText(brief.topic, maxTitle),
      language,
      queries: answer.queries.map((query) => query.trim()).filter(Boolean),
    };
  },
});

async function stopAtDuplicate(context: StepContext, language: string | null): Promise<void> {
  if (context.pipeline.duplicatesAllowed) return;
  await context.log('Comparing the topic with your articles and the posts of your sites.');
  const { userId, id: pipelineId } = context.pipeline;
  const { topic, keyword = null, siteId = null } = context.brief;
  const duplicate = await findDuplicate(context.app, { userId, pipelineId }, { topic, keyword, siteId, language });
  if (!duplicate) return;
  throw new PipelineWaiting({
    reason: 'duplicate',
    ...(duplicate.kind === 'article' && duplicate.id ? { articleId: duplicate.id } : {}),
    message: `This is close to ${nameOfDuplicate(duplicate)} (${duplicate.reason}).`,
  });
}

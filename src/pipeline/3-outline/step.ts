import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { searchPassages } from '../../knowledge/search.ts';
import { oneLine } from '../../storable.ts';
import { limitText } from '../../text/limit-text.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import type { ResearchOutput } from '../2-research/step.ts';
import { defineStep } from '../define-step.ts';
import { giveHandles } from '../handles.ts';
import { outlinePrompt } from './prompt.ts';

export const outlineOutput = z.object({
  sections: z
    .array(z.object({ heading: z.string(), goal: z.string(), passageIds: z.array(z.uuid()).min(1), words: z.int() }))
    .min(1),
  wantsFaq: z.boolean(),
});
export type OutlineOutput = z.infer<typeof outlineOutput>;

/** The most passages that a model reads at once: about 7,000 words. */
const maxPassages = 60;
/** In characters; a longer heading is a paragraph. */
const maxHeading = 200;

/** outline: sections in reading order, each with the stored passages that support it. */
export const outlineStep = defineStep<'outline', { topic: TopicOutput; research: ResearchOutput }, OutlineOutput>({
  name: 'outline',
  version: 1,
  needs: ['topic', 'research'],
  output: outlineOutput,
  weight: 1,
  async run(context, { topic, research }) {
    const { app, brief, pipeline } = context;
    await context.log('Choosing the passages that fit, and putting them in order.');
    const found = await searchPassages(app.db, app.embedder, {
      userId: pipeline.userId,
      sourceIds: research.sourceIds,
      text: [topic.title, topic.keyword, topic.angle].join('. '),
      language: research.language,
      limit: maxPassages,
      perSource: Math.max(8, Math.ceil((maxPassages * 2) / research.sourceIds.length)),
    });
    const handles = giveHandles(found);
    const { answer } = await context.ask(outlinePrompt, {
      title: topic.title,
      angle: topic.angle,
      keyword: topic.keyword,
      intent: topic.intent,
      audience: brief.audience ?? null,
      voice: brief.voice ?? null,
      language: research.language,
      words: brief.words,
      passages: handles.passages,
    });
    const sections = answer.sections
      .map(({ refs, ...section }) => ({
        ...section,
        heading: limitText(oneLine(section.heading), maxHeading) || topic.title,
        passageIds: [...new Set(refs.flatMap((ref) => handles.resolve(ref) ?? []))],
      }))
      // A section that rests on nothing that was given could only be invented.
      .filter((section) => section.passageIds.length > 0);
    if (sections.length === 0) {
      throw new AppError('model_output_invalid', 'The outline rests on none of the passages that were found.');
    }
    await context.log(
      `${sections.length === 1 ? 'One section' : `${sections.length} sections`}: ${sections.map((section) => section.heading).join(' · ')}`,
    );
    return { sections, wantsFaq: answer.wantsFaq };
  },
});

import { z } from 'zod';
import { searchPassages } from '../../knowledge/search.ts';
import { type CitablePassage, getPassages } from '../../knowledge/store.ts';
import type { Block } from '../../llm/tasks.ts';
import { oneLine } from '../../storable.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import type { ResearchOutput } from '../2-research/step.ts';
import type { OutlineOutput } from '../3-outline/step.ts';
import { defineStep, type StepContext } from '../define-step.ts';
import { giveHandles, type Handles } from '../handles.ts';
import { draftFramePrompt, draftSectionPrompt } from './prompt.ts';

/** A sentence of the draft; a citation of something that was never given out has no passage. */
export const draftSentence = z.object({
  text: z.string(),
  citations: z.array(z.object({ passageId: z.uuid().nullable(), quote: z.string() })),
});
export type DraftSentence = z.infer<typeof draftSentence>;

export const draftBlock = z.object({
  type: z.enum(['paragraph', 'bullets', 'numbered']),
  sentences: z.array(draftSentence),
});
export type DraftBlock = z.infer<typeof draftBlock>;

const part = z.object({ heading: z.string().nullable(), blocks: z.array(draftBlock), passageIds: z.array(z.uuid()) });

export const draftOutput = z.object({
  introduction: part,
  /** Each with the passages it was written from, which a repair may use again. */
  sections: z.array(part),
  conclusion: part,
  faqHeading: z.string().nullable(),
  faq: z.array(z.object({ question: z.string(), answer: z.array(draftSentence) })),
});
export type DraftOutput = z.infer<typeof draftOutput>;
export type DraftPart = z.infer<typeof part>;

type Needs = { topic: TopicOutput; research: ResearchOutput; outline: OutlineOutput };

/** A section is written from at least this many passages, if there are as many. */
const minPassages = 4;
/** Share of the words that introduction and conclusion take. */
const frameShare = 1 / 6;

/** draft: writes section by section from the passages of each, then introduction, conclusion and FAQ. */
export const draftStep = defineStep<'draft', Needs, DraftOutput>({
  name: 'draft',
  version: 1,
  needs: ['topic', 'research', 'outline'],
  output: draftOutput,
  weight: 5,
  async run(context, needs) {
    const { outline } = needs;
    const sections: DraftPart[] = [];
    for (const [index, section] of outline.sections.entries()) {
      await context.log(`Writing "${section.heading}" (${index + 1} of ${outline.sections.length}).`);
      sections.push(await writeSection(context, needs, index, sections));
      await context.progress((index + 1) / (outline.sections.length + 1));
    }
    await context.log('Writing introduction and conclusion.');
    return { ...(await writeFrame(context, needs, sections)), sections };
  },
});

const sentencesOf = (parts: DraftPart[]) =>
  parts.flatMap((written) => written.blocks.flatMap((block) => block.sentences.map((sentence) => sentence.text)));

async function writeSection(
  context: StepContext,
  { topic, research, outline }: Needs,
  index: number,
  before: DraftPart[],
): Promise<DraftPart> {
  const { brief } = context;
  const section = outline.sections[index];
  if (!section) throw new RangeError(`no section ${index}`);
  const elsewhere = outline.sections.flatMap((other) => (other === section ? [] : other.passageIds));
  const passages = await passagesFor(context, research, section, new Set(elsewhere));
  const handles = giveHandles(passages);
  const { answer } = await context.ask(draftSectionPrompt, {
    title: topic.title,
    keyword: topic.keyword,
    heading: section.heading,
    goal: section.goal,
    position: index + 1,
    sections: outline.sections.length,
    headings: outline.sections.map(({ heading }) => heading),
    words: section.words,
    audience: brief.audience ?? null,
    voice: brief.voice ?? null,
    language: research.language,
    alreadyWritten: sentencesOf(before),
    passages: handles.passages,
  });
  return {
    heading: section.heading,
    blocks: resolveBlocks(answer.blocks, handles),
    passageIds: passages.map((passage) => passage.id),
  };
}

/**
 * The passages that the outline chose, and the best of those that no other section has where they are few; in the order
 * in which their sources tell them, so that what leans on something before it follows it here too.
 */
async function passagesFor(
  context: StepContext,
  research: ResearchOutput,
  section: OutlineOutput['sections'][number],
  elsewhere: Set<string>,
): Promise<CitablePassage[]> {
  const { app, pipeline } = context;
  const chosen = await getPassages(app.db, pipeline.userId, research.sourceIds, section.passageIds);
  if (chosen.size < minPassages) {
    const more = await searchPassages(app.db, app.embedder, {
      userId: pipeline.userId,
      sourceIds: research.sourceIds,
      text: `${section.heading}. ${section.goal}`,
      language: research.language,
      limit: minPassages + elsewhere.size,
    });
    for (const passage of more) {
      if (chosen.size < minPassages && !elsewhere.has(passage.id)) chosen.set(passage.id, passage);
    }
  }
  const best = section.passageIds.flatMap((id) => chosen.get(id)?.sourceId ?? []);
  const order = [...new Set([...best, ...[...chosen.values()].map(({ sourceId }) => sourceId)])];
  return [...chosen.values()].sort(
    (a, b) => order.indexOf(a.sourceId) - order.indexOf(b.sourceId) || a.ordinal - b.ordinal,
  );
}

async function writeFrame(
  context: StepContext,
  { topic, research, outline }: Needs,
  sections: DraftPart[],
): Promise<Omit<DraftOutput, 'sections'>> {
  const { app, brief, pipeline } = context;
  const passages = await searchPassages(app.db, app.embedder, {
    userId: pipeline.userId,
    sourceIds: research.sourceIds,
    text: [topic.title, topic.keyword, topic.angle].join('. '),
    language: research.language,
    limit: 24,
    perSource: 8,
  });
  const handles = giveHandles(passages);
  const { answer } = await context.ask(draftFramePrompt, {
    title: topic.title,
    angle: topic.angle,
    keyword: topic.keyword,
    audience: brief.audience ?? null,
    voice: brief.voice ?? null,
    language: research.language,
    words: Math.round(((brief.words.min + brief.words.max) / 2) * frameShare),
    wantsFaq: outline.wantsFaq,
    sections: sections.map((section) => ({ heading: section.heading ?? '', sentences: sentencesOf([section]) })),
    passages: handles.passages,
  });
  const passageIds = passages.map((passage) => passage.id);
  return {
    introduction: { heading: null, blocks: resolveBlocks(answer.introduction, handles), passageIds },
    conclusion: { heading: answer.conclusionHeading, blocks: resolveBlocks(answer.conclusion, handles), passageIds },
    faqHeading: answer.faq.length > 0 ? answer.faqHeading || 'FAQ' : null,
    faq: answer.faq.map(({ question, answer: sentences }) => ({
      question,
      answer: resolveBlocks([{ type: 'paragraph', sentences }], handles)[0]?.sentences ?? [],
    })),
  };
}

function resolveBlocks(blocks: Block[], handles: Handles): DraftBlock[] {
  return blocks.map(({ type, sentences }) => ({
    type,
    sentences: sentences
      .map(({ text, citations }) => ({
        text: oneLine(text),
        citations: citations.map(({ ref, quote }) => ({ passageId: handles.resolve(ref), quote: quote.trim() })),
      }))
      // White space passes for a text in the answer's schema.
      .filter(({ text }) => text !== ''),
  }));
}

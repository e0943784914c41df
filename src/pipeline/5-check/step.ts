import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { getSources } from '../../knowledge/store.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import type { ResearchOutput } from '../2-research/step.ts';
import type { DraftOutput } from '../4-draft/step.ts';
import { defineStep, type StepContext } from '../define-step.ts';
import { type CheckScope, commonText, judgeUnits, listUnits, rewriteUnits, type Unit, type Verdict } from './claims.ts';
import { composeMarkdown } from './compose.ts';
import { saveChecked } from './save.ts';

const claim = z.object({
  section: z.string().nullable(),
  text: z.string(),
  passageId: z.uuid().nullable(),
  quote: z.string().nullable(),
  verdict: z.enum(['supported', 'contradicted', 'unsupported']),
  reason: z.string(),
  outcome: z.enum(['kept', 'rewritten', 'removed']),
  judgedBy: z.string().nullable(),
});
export type CheckedClaim = z.infer<typeof claim>;

export const checkOutput = z.object({
  title: z.string(),
  keyword: z.string(),
  language: z.string(),
  markdown: z.string(),
  /** In the order of the footnote numbers. */
  sourceIds: z.array(z.uuid()),
  claims: z.array(claim),
});
export type CheckOutput = z.infer<typeof checkOutput>;

type Needs = { topic: TopicOutput; research: ResearchOutput; draft: DraftOutput };

/**
 * check: every claim is held against the passage it cites; what does not hold is rewritten once, checked again, and
 * removed if it still does not. What passes is the article.
 */
export const checkStep = defineStep<'check', Needs, CheckOutput>({
  name: 'check',
  version: 1,
  needs: ['topic', 'research', 'draft'],
  output: checkOutput,
  weight: 2,
  async run(context, { topic, research, draft }) {
    const scope: CheckScope = { context, research, common: commonText(topic, context) };
    const units = listUnits(draft);
    await context.log(`Checking ${units.length} sentences against their sources.`);
    const first = await judgeUnits(scope, units);
    const bad = units.flatMap((unit, index) => {
      const verdict = first[index];
      return verdict && verdict.verdict !== 'supported' ? [{ unit, problem: verdict.reason, verdict }] : [];
    });
    const repaired = await repair(scope, bad);
    const claims: CheckedClaim[] = [];
    const kept = new Map<number, { unit: Unit; verdict: Verdict | null }>();
    units.forEach((unit, index) => {
      const verdict = first[index] ?? null;
      const better = repaired.get(index);
      if (better) {
        claims.push(describe(better.unit, better.verdict, 'rewritten'));
        kept.set(index, better);
      } else if (verdict === null || verdict.verdict === 'supported') {
        if (verdict) claims.push(describe(unit, verdict, 'kept'));
        kept.set(index, { unit, verdict });
      } else claims.push(describe(unit, verdict, 'removed'));
    });
    await report(context, claims);

    const sources = await getSources(context.app.db, context.pipeline.userId, research.sourceIds);
    const composed = composeMarkdown(
      draft,
      (_sentence, index) => {
        const entry = kept.get(index);
        if (!entry) return null;
        return { text: entry.unit.sentence.text, sourceIds: entry.verdict?.sourceIds ?? [] };
      },
      sources,
    );
    if (composed.sourceIds.length === 0) {
      throw new AppError('model_output_invalid', 'None of the claims in the draft held up against the sources.', {
        hint: 'Redo the pipeline from the step "draft", or choose another model or other sources.',
      });
    }
    const { markdown, sourceIds } = composed;
    return { title: topic.title, keyword: topic.keyword, language: research.language, markdown, sourceIds, claims };
  },
  save: (tx, context, _needs, output) => saveChecked(tx, context, output),
});

/** One more try for the sentences that did not hold; those whose rewrite holds, by their place. */
async function repair(
  scope: CheckScope,
  bad: { unit: Unit; problem: string }[],
): Promise<Map<number, { unit: Unit; verdict: Verdict }>> {
  const good = new Map<number, { unit: Unit; verdict: Verdict }>();
  if (bad.length === 0) return good;
  await scope.context.log(`${bad.length} did not hold; trying to mend them.`);
  const sentences = await rewriteUnits(scope, bad);
  const rewritten = bad.flatMap(({ unit }, index) => {
    const sentence = sentences[index];
    // A rewrite that cites nothing would escape the check by saying it has nothing to prove.
    return sentence && sentence.citations.length > 0 ? [{ ...unit, sentence }] : [];
  });
  const verdicts = await judgeUnits(scope, rewritten);
  rewritten.forEach((unit, index) => {
    const verdict = verdicts[index];
    if (verdict?.verdict === 'supported') good.set(unit.index, { unit, verdict });
  });
  return good;
}

function describe(unit: Unit, verdict: Verdict, outcome: CheckedClaim['outcome']): CheckedClaim {
  const { reason, passage, quote, judgedBy } = verdict;
  return {
    section: unit.section,
    text: unit.sentence.text,
    passageId: passage?.id ?? null,
    quote,
    verdict: verdict.verdict,
    reason,
    outcome,
    judgedBy,
  };
}

async function report(context: StepContext, claims: CheckedClaim[]): Promise<void> {
  const count = (outcome: CheckedClaim['outcome']) => claims.filter((one) => one.outcome === outcome).length;
  await context.log(`${count('kept')} claims hold, ${count('rewritten')} were mended, ${count('removed')} removed.`);
}

import type { CitablePassage } from '../../knowledge/store.ts';
import { getPassages } from '../../knowledge/store.ts';
import { oneLine } from '../../storable.ts';
import type { TopicOutput } from '../1-topic/step.ts';
import type { ResearchOutput } from '../2-research/step.ts';
import type { DraftOutput, DraftSentence } from '../4-draft/step.ts';
import type { StepContext } from '../define-step.ts';
import { giveHandles } from '../handles.ts';
import { examine, type Finding, type PartKind } from './facts.ts';
import { judgePrompt, rewritePrompt } from './prompt.ts';

/** A sentence of the draft on its way through the check. */
export interface Unit {
  /** Its place: position among all sentences of the draft. */
  index: number;
  section: string | null;
  kind: PartKind;
  /** As it stands now: the draft's, or its one rewrite. */
  sentence: DraftSentence;
  /** The passages that its section was written from; a rewrite may use these and no others. */
  passageIds: string[];
}

/** What the check found, sentence by sentence. */
export interface Verdict {
  verdict: 'supported' | 'contradicted' | 'unsupported';
  reason: string;
  passage: CitablePassage | null;
  quote: string | null;
  /** The sources of all its citations, for the footnotes. */
  sourceIds: string[];
  /** The model that judged; null when the text alone decided. */
  judgedBy: string | null;
}

/** What stays the same for all sentences of a run. */
export interface CheckScope {
  context: StepContext;
  research: ResearchOutput;
  common: string;
}

/** Claims that go to the model in one question. */
const batchSize = 20;

/** Every sentence of the draft in reading order. */
export function listUnits(draft: DraftOutput): Unit[] {
  const units: Unit[] = [];
  const add = (kind: PartKind, section: string | null, passageIds: string[], sentences: DraftSentence[]) => {
    for (const sentence of sentences) units.push({ index: units.length, kind, section, passageIds, sentence });
  };
  const parts = [
    { kind: 'frame' as const, part: draft.introduction },
    ...draft.sections.map((part) => ({ kind: 'section' as const, part })),
  ];
  for (const { kind, part } of parts) {
    for (const block of part.blocks) add(kind, part.heading, part.passageIds, block.sentences);
  }
  for (const { answer } of draft.faq) add('section', draft.faqHeading, draft.conclusion.passageIds, answer);
  for (const block of draft.conclusion.blocks) {
    add('frame', draft.conclusion.heading, draft.conclusion.passageIds, block.sentences);
  }
  return units;
}

/** What the article is about needs no proof of its name. */
export function commonText(topic: TopicOutput, context: StepContext): string {
  return [topic.title, topic.keyword, context.brief.topic].join(' \n ');
}

/**
 * Judges sentences: first by the text alone (quotes, numbers, names), then, for those that hold, by the model. Null
 * stands for a sentence with nothing to prove.
 */
export async function judgeUnits(scope: CheckScope, units: Unit[]): Promise<(Verdict | null)[]> {
  const { app, pipeline } = scope.context;
  const cited = units.flatMap((unit) => unit.sentence.citations.flatMap((citation) => citation.passageId ?? []));
  const passages = await getPassages(app.db, pipeline.userId, scope.research.sourceIds, [...new Set(cited)]);
  const findings = units.map((unit) =>
    examine(unit.sentence, passages, scope.research.language, scope.common, unit.kind),
  );
  const judged = await askJudge(scope, units, findings, passages);
  return findings.map((finding, index) => {
    if (finding.kind === 'connective') return null;
    if (finding.kind === 'grounded') return judged.get(index) ?? null;
    const { reason, passage, quote } = finding;
    return { verdict: 'unsupported', reason, passage, quote, sourceIds: [], judgedBy: null };
  });
}

async function askJudge(
  scope: CheckScope,
  units: Unit[],
  findings: Finding[],
  passages: Map<string, CitablePassage>,
): Promise<Map<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  const open = findings.flatMap((finding, index) => (finding.kind === 'grounded' ? [{ index, finding }] : []));
  for (let start = 0; start < open.length; start += batchSize) {
    const batch = open.slice(start, start + batchSize);
    const { answer, model } = await scope.context.ask(judgePrompt, {
      language: scope.research.language,
      claims: batch.map(({ index, finding }, position) => ({
        id: `c${position + 1}`,
        text: units[index]?.sentence.text ?? '',
        quote: finding.quote,
        passage: citedPassages(units[index], passages)
          .map((passage) => passage.text)
          .join('\n\n'),
      })),
    });
    const byId = new Map(answer.verdicts.map((verdict) => [verdict.id, verdict]));
    batch.forEach(({ index, finding }, position) => {
      const given = byId.get(`c${position + 1}`);
      verdicts.set(index, {
        // A claim that the model passed over has not been confirmed by anyone.
        verdict: given?.verdict ?? 'unsupported',
        reason: given?.reason.trim() || 'The model gave no verdict.',
        passage: finding.passage,
        quote: finding.quote,
        sourceIds: citedPassages(units[index], passages).map((passage) => passage.sourceId),
        judgedBy: model,
      });
    });
    await scope.context.progress(0.6 * Math.min(1, (start + batchSize) / open.length));
  }
  return verdicts;
}

/** Each passage that a sentence cites, once. */
function citedPassages(unit: Unit | undefined, passages: Map<string, CitablePassage>): CitablePassage[] {
  const ids = new Set(unit?.sentence.citations.flatMap((citation) => citation.passageId ?? []));
  return [...ids].flatMap((id) => passages.get(id) ?? []);
}

/** Asks for one rewrite of each sentence that did not hold; null where the model drops it. */
export async function rewriteUnits(
  scope: CheckScope,
  bad: { unit: Unit; problem: string }[],
): Promise<(DraftSentence | null)[]> {
  const { app, pipeline } = scope.context;
  const rewritten: (DraftSentence | null)[] = [];
  for (let start = 0; start < bad.length; start += batchSize) {
    const batch = bad.slice(start, start + batchSize);
    const ids = [...new Set(batch.flatMap(({ unit }) => unit.passageIds))];
    const known = await getPassages(app.db, pipeline.userId, scope.research.sourceIds, ids);
    const prepared = batch.map(({ unit, problem }) => ({
      unit,
      problem,
      handles: giveHandles(unit.passageIds.flatMap((id) => known.get(id) ?? []).slice(0, 8)),
    }));
    const { answer } = await scope.context.ask(rewritePrompt, {
      language: scope.research.language,
      claims: prepared.map(({ unit, problem, handles }, position) => ({
        id: `c${position + 1}`,
        text: unit.sentence.text,
        problem,
        passages: handles.passages,
      })),
    });
    const byId = new Map(answer.rewrites.map((rewrite) => [rewrite.id, rewrite.sentence]));
    prepared.forEach(({ handles }, position) => {
      const sentence = byId.get(`c${position + 1}`) ?? null;
      rewritten.push(
        sentence && {
          text: oneLine(sentence.text),
          citations: sentence.citations.map(({ ref, quote }) => ({
            passageId: handles.resolve(ref),
            quote: quote.trim(),
          })),
        },
      );
    });
  }
  return rewritten;
}

import { eq, inArray, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { compareCounters } from '../../src/budget/check-counters.ts';
import { type PaidCall, paidCalls } from '../../src/budget/schema.ts';
import { type Db, queryRows } from '../../src/db/open.ts';
import { pipelineEvents } from '../../src/pipeline/schema.ts';
import type { Rig } from './crash-rig.ts';

/** Where what the servers were asked stood when a play began. */
export interface Mark {
  models: number;
  searches: number;
}

export const markOf = ({ models, search }: Rig): Mark => ({
  models: models.calls.length,
  searches: search.calls.length,
});

/**
 * What a user's articles have come to, without what is different each time (ids, times): equal for two users of whom the
 * same was asked, whatever happened to the workers.
 */
export async function resultOf(db: Db, userId: string): Promise<unknown> {
  const rows = (query: ReturnType<typeof sql>) => queryRows<Record<string, unknown>>(db, query);
  const mine = sql`where t.user_id = ${userId}`;
  return withoutOrder({
    pipelines:
      await rows(sql`select t.topic, t.status, t.progress, t.waiting ->> 'reason' as waits, t.error ->> 'code' as error,
      t.approved_by, t.current_step, t.lease_expires_at is null as free from pipelines t ${mine} order by t.id`),
    steps:
      await rows(sql`select p.topic, t.name, t.status, count(*)::int from pipeline_steps t join pipelines p on p.id = t.pipeline_id
      ${mine} and t.status not in ('cancelled', 'failed', 'waiting') group by 1, 2, 3 order by 1, 2, 3`),
    articles:
      await rows(sql`select t.title, t.slug, t.markdown, t.excerpt, t.meta_title, t.meta_description, t.keyword, t.language,
      t.word_count, t.seo is not null as scored, t.json_ld, t.status, t.revision from articles t ${mine} order by t.title, t.id`),
    revisions: await rows(sql`select a.title, t.revision, t.author, t.markdown, t.fields from article_revisions t
      join articles a on a.id = t.article_id ${mine} order by a.title, a.id, t.revision`),
    claims: await rows(sql`select a.title, t.text, t.quote, t.verdict, t.outcome, s.text as passage
      from claims t join articles a on a.id = t.article_id left join passages s on s.id = t.passage_id ${mine}`),
    numbering:
      await rows(sql`select t.article_id, count(*)::int, count(distinct t.ordinal)::int as numbers, max(t.ordinal) + 1 as last
      from claims t ${mine} group by 1`).then((numbers) => numbers.map(({ article_id: _, ...each }) => each)),
    cited:
      await rows(sql`select a.title, s.title as source from article_sources t join articles a on a.id = t.article_id
      join sources s on s.id = t.source_id ${mine} order by 1, 2`),
    sources:
      await rows(sql`select t.kind, t.url, t.title, t.word_count, (select count(*)::int from passages s where s.source_id = t.id) as passages,
      (select count(*)::int from passages s join passage_embeddings e on e.passage_id = s.id where s.source_id = t.id) as embeddings
      from sources t ${mine} order by t.title, t.url`),
    chosen: await rows(sql`select p.topic, t.position, t.origin, t.found_by, s.title from pipeline_sources t
      join pipelines p on p.id = t.pipeline_id join sources s on s.id = t.source_id ${mine} order by p.id, t.position`),
    embeddings: await rows(
      sql`select a.title, t.facet from article_embeddings t join articles a on a.id = t.article_id ${mine} order by a.title, a.id, t.facet`,
    ),
    publications: await rows(sql`select t.wanted, t.status, a.title,
      (select count(*)::int from pgboss.job j where j.name = 'publication-deliver' and j.data ->> 'publicationId' = t.id::text) as jobs
      from publications t join articles a on a.id = t.article_id ${mine} order by a.title, a.id`),
    decisions:
      await rows(sql`select a.title, t.decision, t.decided_by, t.via, t.gates is not null as gated, t.revision from approvals t
      join articles a on a.id = t.article_id ${mine} order by t.id`),
    holds:
      await rows(sql`select a.title, t.ends_at is not null as ends, t.ended_at is not null as ended, t.token_digest is not null as linked
      from holds t join articles a on a.id = t.article_id ${mine} order by t.id`),
    mails: await rows(
      sql`select t.kind, count(*)::int from emails t ${mine} and t.kind <> 'budget-warning' group by 1 order by 1`,
    ),
    // Warnings of what is spent come earlier where the worst case of a lost call counts.
    told: await rows(sql`select t.event_type, count(*)::int from webhook_deliveries t ${mine} and t.event_type <> 'budget.warning'
      group by 1 order by 1`),
    answers:
      await rows(sql`select t.step, t.task, t.model, t.status, count(*)::int, sum(t.cost_micro_usd)::int as cost from paid_calls t ${mine}
      and not t.estimated and t.status <> 'released' group by 1, 2, 3, 4 order by 1, 2, 3, 4`),
    spent: await rows(sql`select t.payer, t.reserved_micro_usd::int from spending t ${mine} order by 1`),
  });
}

/** Which of two passages that fit equally well comes first depends on their ids; texts are compared by their sentences. */
function withoutOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutOrder).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutOrder(part)]));
  }
  if (typeof value !== 'string') return value;
  const text = value.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time').replaceAll(/\[\^\d+\]:?/g, '');
  return text.includes('\n') ? text.split(/(?<=[.!?])\s|\n/).toSorted() : text;
}

/**
 * Everything that was paid was paid once, but for what was under way when a worker died, which is marked: one answer for
 * each question, and for each time beyond that it was asked a call that a death left reserved and that counts with its
 * worst case. `mark` is where the servers stood before; `inOrder` says that nobody asked at the same time.
 */
export async function expectPaidOnce(
  rig: Pick<Rig, 'ctx' | 'models' | 'search' | 'deaths' | 'redone'>,
  userIds: string[],
  mark: Mark,
  { inOrder = true } = {},
): Promise<void> {
  const calls = await rig.ctx.db
    .select()
    .from(paidCalls)
    .where(inArray(paidCalls.userId, userIds))
    .orderBy(paidCalls.id);
  const left = new Set(rig.deaths.flatMap(({ reserved }) => reserved));
  expect(calls.filter(({ status }) => status === 'reserved')).toEqual([]);
  expect(await compareCounters(rig.ctx.db)).toEqual([]);
  const isAbandoned = (call: PaidCall) => call.estimated && call.output === null;
  // What a death left reserved counts as estimated: nobody is there who could give it back, or say what it cost.
  for (const call of calls.filter(({ id }) => left.has(id))) expect(call).toMatchObject({ estimated: true });
  for (const call of calls.filter(isAbandoned)) {
    expect(call).toMatchObject({ status: 'failed', costMicroUsd: call.reservedMicroUsd });
  }
  // What was given up without an answer for another reason, a provider has answered with an error of its own.
  const lost = calls.filter((call) => isAbandoned(call) && call.error?.code === 'lease_lost');
  expect(lost.filter(({ id }) => !left.has(id))).toEqual([]);
  const generationOf = (index: number) => rig.redone.filter((from) => from <= mark.models + index).length;
  for (const [kind, asked] of [
    [
      'text',
      rig.models.calls.slice(mark.models).map(({ body }, index) => `${generationOf(index)} ${questionOf(body)}`),
    ],
    ['search', rig.search.calls.slice(mark.searches).map(({ provider, query }) => `${provider} ${query}`)],
  ] as const) {
    const questions = groups(asked, (question) => question);
    const ledger = groups(
      // The offline writer is asked without a server.
      calls.filter((call) => call.kind === kind && call.provider !== 'offline'),
      (call) => call.requestDigest,
    );
    // Else those that were asked most often have to be those with most calls.
    if (!inOrder) for (const list of [questions, ledger]) list.sort((a, b) => b.length - a.length);
    // One after the other, so the n-th new question of the servers is the n-th of the ledger.
    expect(questions.length, `${kind}: questions asked and questions on the books`).toBe(ledger.length);
    for (const [index, rows] of ledger.entries()) {
      const name = `${rows[0]?.task}: ${questions[index]?.[0]?.slice(0, 200)}`;
      const given = rows.filter((row) => !isAbandoned(row) && !isFree(row));
      const askers = new Set(rows.map(({ pipelineId }) => pipelineId));
      // Whoever refused a question was not paid for it, and another was asked.
      const refused = rows.some((row) => isFree(row) || row.error?.code !== 'lease_lost');
      const answers = given.length === 0 && refused ? 0 : askers.size;
      expect(given.length, `answers on the books to ${name}`).toBe(answers);
      expect(questions[index]?.length, `times asked, ${name}`).toBeLessThanOrEqual(rows.length);
    }
  }
}

/** The provider refused it, and certainly did not bill it. */
const isFree = (call: PaidCall) => call.status === 'released';

/** The conversation of a request, whatever else is in it. */
const questionOf = (body: Record<string, unknown>) => JSON.stringify([body.model, body.messages ?? body.input]);

/** What has the same key together, in the order in which keys came first. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  return [...Map.groupBy(items, keyOf).values()];
}

/** The events of each of a user's pipelines tell one story in its order: no step ends twice or before the one before it, one end. */
export async function expectOneStory(rig: Rig, userId: string): Promise<void> {
  const events = await rig.ctx.db
    .select()
    .from(pipelineEvents)
    .where(eq(pipelineEvents.userId, userId))
    .orderBy(pipelineEvents.id);
  for (const own of groups(events, ({ pipelineId }) => pipelineId)) {
    let open: string | null = null;
    let ended = false;
    const done = new Set<string>();
    for (const { type, data } of own) {
      if (type === 'log' && data.message === 'Queued.') {
        // A person has asked for more of it; a redo runs steps again.
        ended = false;
        done.clear();
      }
      if (type === 'done') {
        expect(ended, 'told the end twice').toBe(false);
        ended = true;
      }
      if (type !== 'step') continue;
      const { name, status } = data as { name: string; status: string };
      expect(ended, `${name} ${status} after the end`).toBe(false);
      if (status === 'running') {
        expect(done, `${name} began after it had ended`).not.toContain(name);
        open = name;
      } else {
        expect(name).toBe(open);
        if (status === 'succeeded') done.add(name);
        open = null;
      }
    }
  }
}

import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Account, client, givenAccount } from '../../../test/accounts.ts';
import { breadSources, givenSite } from '../../../test/factories.ts';
import { mortalContext } from '../../../test/fakes/mortal-context.ts';
import { startTestApp, type TestApp } from '../../../test/harness.ts';
import { mailedLink, newestMail } from '../../../test/mailbox.ts';
import { tokenDigest } from '../../accounts/tokens.ts';
import { approvals } from '../../approvals/schema.ts';
import { emails } from '../../notify/schema.ts';
import { publications } from '../../publishing/schema.ts';
import { runPipeline } from '../runner.ts';
import { holds, type Pipeline, pipelines } from '../schema.ts';

let app: TestApp;
let ann: Account;
let eve: Account;
let siteId: string;
/** How far the clock of the application is ahead. */
let aheadMs = 0;
const never = new AbortController().signal;

beforeAll(async () => {
  app = await startTestApp({ overrides: { now: () => new Date(Date.now() + aheadMs) } });
  ann = await givenAccount(app, 'ann@example.com');
  eve = await givenAccount(app, 'eve@example.com');
  siteId = await givenSite(app.ctx, 'Garden', ann.id);
  await app.ctx.db.execute(sql`update sites set timezone = 'Asia/Tokyo' where id = ${siteId}`);
});
afterAll(() => app.close());
beforeEach(async () => {
  aheadMs = 0;
  await app.ctx.db.delete(emails);
});

const brief = (more: object = {}) => ({
  topic: `Keeping a sourdough starter alive ${crypto.randomUUID()}`,
  sources: breadSources,
  siteId,
  publish: 'publish',
  approval: 'auto',
  holdHours: 24,
  minSeoScore: 0,
  duplicates: 'allow',
  ...more,
});

async function begin(more: object = {}): Promise<string> {
  const { status, json } = await ann.api.ask<{ id: string }>('POST', '/pipelines', brief(more));
  if (status !== 202) throw new Error(JSON.stringify(json));
  return json.id;
}
async function held(more: object = {}): Promise<{ id: string; articleId: string }> {
  const id = await begin(more);
  await runPipeline(app.ctx, id, never);
  const { waiting, articleId } = await rowOf(id);
  if (waiting?.reason !== 'approval' || !articleId) throw new Error(`it does not hold: ${JSON.stringify(waiting)}`);
  return { id, articleId };
}
async function rowOf(id: string): Promise<Pipeline> {
  const [row] = await app.ctx.db.select().from(pipelines).where(eq(pipelines.id, id));
  if (!row) throw new Error('the pipeline is gone');
  return row;
}
/** Sets a pipeline back to where its article is written and nothing has been decided. */
async function beforePublishing(id: string): Promise<void> {
  await app.ctx.db.delete(emails);
  await app.ctx.db.delete(holds).where(eq(holds.pipelineId, id));
  await app.ctx.db.delete(approvals).where(eq(approvals.pipelineId, id));
  await app.ctx.db.delete(publications).where(eq(publications.pipelineId, id));
  await app.ctx.db.execute(sql`delete from pipeline_steps where pipeline_id = ${id} and name = 'publish'`);
  await app.ctx.db.execute(sql`update pipelines set status = 'queued', waiting = null, takeovers = 0, finished_at = null,
    approved_at = null, approved_by = null where id = ${id}`);
}
/** The same, and lets it come to its hold. */
async function holdAnew(id: string): Promise<void> {
  await beforePublishing(id);
  await runPipeline(app.ctx, id, never);
}
const mails = (kind: 'hold' | 'needs-approval') => app.ctx.db.$count(emails, eq(emails.kind, kind));
const decisionsOf = async (articleId: string) =>
  (await ann.api.ask<{ items: Record<string, unknown>[] }>('GET', `/articles/${articleId}/approvals`)).json.items;
const tokenOf = async () => (await mailedLink(app, 'ann@example.com', 'hold')).token;
const nobody = () => client(app);
const use = (token: string) => nobody().ask<{ state: string; code: string }>('POST', `/holds/${token}`);
const look = (token: string) => nobody().ask<{ state: string; title: string }>('POST', '/holds/look', { token });
const sent = (articleId: string) => app.ctx.db.$count(publications, eq(publications.articleId, articleId));
/** Lets the hold window be over, by both clocks. */
async function windowOver(id: string): Promise<void> {
  aheadMs = 25 * 3_600_000;
  await app.ctx.db.execute(
    sql`update pipelines set waiting = jsonb_set(waiting, '{until}', to_jsonb(now() - interval '1 second')) where id = ${id}`,
  );
}

describe('the mail of a hold', () => {
  it('says what goes out, where, when on the clocks of the site, what was found, and how to hold or edit it', async () => {
    const { id, articleId } = await held();
    const { subject, text } = await newestMail(app, 'ann@example.com', 'hold');
    const { json } = await ann.api.ask<{ title: string }>('GET', `/articles/${articleId}`);
    const until = new Date((await rowOf(id)).waiting?.until ?? '');
    const tokyo = new Date(until.getTime() + 9 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
    expect(subject).toContain('goes public on Garden unless you hold it');
    expect(text).toContain(`“${json.title}” goes public on Garden at ${tokyo} (Asia/Tokyo).`);
    expect(text).toMatch(/Claims without support: 0\n- SEO score: \d+ \(at least 0 is needed\)/);
    expect(text).toContain(`Edit:\n${app.ctx.config.http.appUrl}/articles/${articleId}`);
    const token = await tokenOf();
    expect(text).toContain(`Hold:\n${app.ctx.config.http.appUrl}/hold#token=${token}`);
    const [row] = await app.ctx.db.select().from(holds).where(eq(holds.pipelineId, id));
    expect(row?.tokenDigest).toBe(tokenDigest(token));
    expect(JSON.stringify(row)).not.toContain(token);
  });

  it('comes once, however often the step runs, and again when the article was written anew', async () => {
    const { id, articleId } = await held();
    const first = await tokenOf();
    await ann.api.ask('POST', `/pipelines/${id}/retry`);
    await runPipeline(app.ctx, id, never);
    expect((await rowOf(id)).waiting?.until).toBeDefined();
    expect(await mails('hold')).toBe(1);
    await ann.api.ask('POST', `/pipelines/${id}/retry`, { fromStep: 'seo' });
    await runPipeline(app.ctx, id, never);
    expect(await mails('hold')).toBe(2);
    // The link of the first one is about a text that is no more.
    expect((await use(first)).json.code).toBe('link_invalid');
    expect((await look(first)).json.state).toBe('over');
    expect((await use(await tokenOf())).json.state).toBe('held');
    expect(await decisionsOf(articleId)).toHaveLength(1);
  });

  it('comes once when the worker dies at any moment of the run', async () => {
    const id = await begin();
    await app.ctx.db.execute(sql`update pipelines set brief = jsonb_set(brief, '{minSeoScore}', '0') where id = ${id}`);
    // Written once; from here on only the last step is run again and again.
    await runPipeline(app.ctx, id, never);
    let died = 0;
    for (let at = 1; ; at++) {
      await beforePublishing(id);
      const doomed = mortalContext(app.ctx, at);
      // Whatever it says on its way down: the process is gone.
      await runPipeline(doomed.ctx, id, never).catch(() => undefined);
      if (!doomed.killed()) break;
      died += 1;
      await app.ctx.db.execute(
        sql`update pipelines set lease_expires_at = now() - interval '1 second' where id = ${id}`,
      );
      await runPipeline(app.ctx, id, never);
      expect(await mails('hold'), `killed at ${at}: ${JSON.stringify(await rowOf(id))}`).toBe(1);
      expect((await rowOf(id)).waiting?.until, `killed at ${at}`).toBeDefined();
    }
    expect(died).toBeGreaterThan(8);
  });

  it('does not come for one that waits for a person anyway, and nothing breaks without an address', async () => {
    await held({ approval: 'manual' });
    expect(await mails('hold')).toBe(0);
    await app.ctx.db.execute(sql`update users set email = null where id = ${ann.id}`);
    try {
      const { id } = await held();
      const [row] = await app.ctx.db.select().from(holds).where(eq(holds.pipelineId, id));
      expect(row?.tokenDigest).toBeNull();
    } finally {
      await app.ctx.db.execute(sql`update users set email = 'ann@example.com' where id = ${ann.id}`);
    }
    expect(await app.ctx.db.$count(emails)).toBe(0);
  });
});

describe('the link of that mail', () => {
  it('holds without signing in, once; looking at it changes nothing', async () => {
    const { id, articleId } = await held();
    const token = await tokenOf();
    expect((await look(token)).json).toMatchObject({ state: 'running', siteName: 'Garden' });
    expect((await rowOf(id)).waiting?.until).toBeDefined();
    expect((await use(token)).json).toMatchObject({ state: 'held' });
    expect((await rowOf(id)).waiting).toEqual({
      reason: 'approval',
      articleId,
      message: expect.stringContaining('On hold'),
    });
    expect((await use(token)).json.code).toBe('link_invalid');
    expect((await look(token)).json.state).toBe('held');
    expect(await decisionsOf(articleId)).toMatchObject([
      { decision: 'held', by: 'ann@example.com', via: 'mail_link', revision: expect.any(Number), gates: null },
    ]);
    // Not even when the step is run again after the window.
    await windowOver(id);
    await ann.api.ask('POST', `/pipelines/${id}/retry`, { fromStep: 'publish' });
    await runPipeline(app.ctx, id, never);
    expect(await sent(articleId)).toBe(0);

    expect((await ann.api.ask('POST', `/articles/${articleId}/approve`)).status).toBe(200);
    await runPipeline(app.ctx, id, never);
    expect(await sent(articleId)).toBe(1);
    expect((await decisionsOf(articleId)).map(({ decision }) => decision)).toEqual(['held', 'released']);
    expect((await look(token)).json.state).toBe('released');
    // The receipt says the same.
    const receipt = await ann.api.ask<{ approval: { by: string }; approvals: object[] }>(
      'GET',
      `/pipelines/${id}/receipt`,
    );
    expect(receipt.json.approval.by).toBe('ann@example.com');
    expect(receipt.json.approvals).toEqual(await decisionsOf(articleId));
  });

  it('ends with the hold, and is worth nothing made up, cut short, or under another name', async () => {
    const { id, articleId } = await held();
    const token = await tokenOf();
    for (const wrong of ['x', token.slice(1), token.toLowerCase(), `${token}=`]) {
      expect((await use(wrong)).json.code).toBe('link_invalid');
      expect((await look(wrong)).status).toBe(422);
    }
    await windowOver(id);
    await runPipeline(app.ctx, id, never);
    expect(await sent(articleId)).toBe(1);
    expect((await use(token)).json.code).toBe('link_invalid');
    expect((await look(token)).json.state).toBe('released');
    expect(await decisionsOf(articleId)).toMatchObject([
      {
        decision: 'approved_by_rule',
        via: 'rule',
        by: expect.stringContaining('rule: auto after 24 h'),
        gates: { doubtfulClaims: 0, minSeoScore: 0, holdHours: 24, seoScore: expect.any(Number) },
      },
    ]);
    expect((await rowOf(id)).approvedBy).toBe((await decisionsOf(articleId))[0]?.by);
    // Too late for a person as well, who is told so.
    expect((await ann.api.ask('POST', `/articles/${articleId}/hold`)).json).toMatchObject({ code: 'invalid_state' });
  });

  it('says that it is over once the article is being written anew', async () => {
    const { id } = await held();
    const token = await tokenOf();
    // As after a redo that has not come to publishing yet, which begins a new hold.
    await app.ctx.db.execute(
      sql`update pipeline_steps set finished_at = now() + interval '1 second' where pipeline_id = ${id} and name = 'seo'`,
    );
    expect((await look(token)).json).toMatchObject({ state: 'over' });
  });

  it('stands in no line of the log', async () => {
    await held();
    const token = await tokenOf();
    await look(token);
    await use(token);
    expect(app.logs.some((line) => line.includes('/holds/'))).toBe(true);
    // Where no mail is configured, the mail itself is logged for the only person there.
    const lines = app.logs.filter((line) => !line.includes('no mail is configured'));
    expect(lines.filter((line) => line.includes(token))).toEqual([]);
  });

  it('is nothing to another account: decisions are their own', async () => {
    const { articleId } = await held();
    expect((await eve.api.ask('GET', `/articles/${articleId}/approvals`)).status).toBe(404);
    expect((await eve.api.ask('POST', `/articles/${articleId}/hold`)).status).toBe(404);
    expect((await eve.api.ask('POST', `/articles/${articleId}/approve`)).status).toBe(404);
    expect(await decisionsOf(articleId)).toEqual([]);
  });
});

describe('decisions', () => {
  it('are never changed, by nobody', async () => {
    const { articleId } = await held();
    await ann.api.ask('POST', `/articles/${articleId}/hold`);
    const change = app.ctx.db.update(approvals).set({ decidedBy: 'eve' }).where(eq(approvals.articleId, articleId));
    await expect(change).rejects.toThrow();
    expect(await decisionsOf(articleId)).toMatchObject([{ by: 'ann@example.com', via: 'api' }]);
  });

  it('stay when the article is deleted for good', async () => {
    const { id, articleId } = await held();
    await ann.api.ask('POST', `/articles/${articleId}/hold`);
    await app.ctx.db.execute(sql`delete from articles where id = ${articleId}`);
    expect(await app.ctx.db.$count(approvals, eq(approvals.pipelineId, id))).toBe(1);
  });

  it('name what a person publishes by hand, with which means, and not a draft', async () => {
    const { json: article } = await ann.api.ask<{ id: string }>('POST', '/articles', {
      title: 'By hand',
      markdown: 'A.',
    });
    await ann.api.ask('POST', `/articles/${article.id}/publications`, { siteId, status: 'draft' });
    expect(await decisionsOf(article.id)).toEqual([]);
    const key = await ann.api.ask<{ key: string }>('POST', '/api-keys', {
      name: 'k',
      scopes: ['read', 'write', 'publish'],
    });
    const byKey = client(app, { authorization: `Bearer ${key.json.key}` });
    await byKey.ask('POST', `/articles/${article.id}/publications`, { siteId, status: 'publish' });
    expect(await decisionsOf(article.id)).toMatchObject([
      { decision: 'approved', by: 'ann@example.com', via: 'api_key', pipelineId: null, revision: 1 },
    ]);
  });

  it('are one when an approval, a hold and the end of the window race', async () => {
    const outcomes = new Set<string>();
    const { id, articleId } = await held();
    // How many questions the worker is ahead of the two persons, who come in either order.
    for (const [round, ahead] of [0, 0, 4, 8, 12, 16, 24, 32, 400, 400].entries()) {
      aheadMs = 0;
      await holdAnew(id);
      const token = await tokenOf();
      await windowOver(id);
      const persons = [() => use(token), () => ann.api.ask('POST', `/articles/${articleId}/approve`)];
      const late = async () => {
        for (let question = 0; question < ahead; question++) await app.ctx.db.execute(sql`select 1`);
        await Promise.all((round % 2 === 0 ? persons : persons.reverse()).map((decide) => decide()));
      };
      await Promise.all([runPipeline(app.ctx, id, never), late()]);
      // Whatever is left to do is done.
      await runPipeline(app.ctx, id, never);
      const decisions = (await decisionsOf(articleId)).map(({ decision }) => String(decision));
      const last = decisions.at(-1) ?? 'none';
      const row = await rowOf(id);
      expect(await sent(articleId), `${round}: ${decisions}`).toBe(last === 'held' ? 0 : 1);
      expect(row.status).toBe(last === 'held' ? 'waiting' : 'succeeded');
      // A rule is written down only where nobody had decided.
      if (decisions.includes('approved_by_rule')) expect(decisions).toEqual(['approved_by_rule']);
      expect(row.approvedBy === null).toBe(last === 'held');
      outcomes.add(last);
    }
    // The rule was first where it was far ahead, and a person where it was not.
    expect(outcomes).toContain('approved_by_rule');
    expect(outcomes.size).toBeGreaterThan(1);
  }, 120_000);

  it('are taken back by a hold, also when publishing is tried again', async () => {
    const { id, articleId } = await held();
    expect((await ann.api.ask('POST', `/articles/${articleId}/approve`)).status).toBe(200);
    expect((await ann.api.ask('POST', `/articles/${articleId}/hold`)).status).toBe(200);
    expect(await rowOf(id)).toMatchObject({ status: 'waiting', approvedAt: null, approvedBy: null });
    expect((await ann.api.ask('POST', `/pipelines/${id}/retry`, { fromStep: 'publish' })).status).toBe(202);
    await runPipeline(app.ctx, id, never);
    expect((await rowOf(id)).waiting?.message).toContain('On hold');
    expect(await sent(articleId)).toBe(0);
  });

  it('let a hold win over a worker that has begun to hand the article over', async () => {
    const { id, articleId } = await held();
    await windowOver(id);
    // The worker has the pipeline and has looked at everything, but has not written.
    let reached = (): void => undefined;
    const atTheEnd = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let go = (): void => undefined;
    const mayGo = new Promise<void>((resolve) => {
      go = resolve;
    });
    const transaction = app.ctx.db.transaction.bind(app.ctx.db);
    let transactions = 0;
    const slow = new Proxy(app.ctx.db, {
      get(target, name) {
        if (name !== 'transaction') return Reflect.get(target, name, target);
        return async (work: Parameters<typeof transaction>[0]) => {
          transactions += 1;
          // Claiming, opening the attempt, and then what it has decided.
          if (transactions === 3) {
            reached();
            await mayGo;
          }
          return transaction(work);
        };
      },
    });
    const working = runPipeline({ ...app.ctx, db: slow }, id, never);
    await atTheEnd;
    expect((await ann.api.ask('POST', `/articles/${articleId}/hold`)).status).toBe(200);
    go();
    await working;
    expect(await sent(articleId)).toBe(0);
    expect((await rowOf(id)).waiting?.message).toContain('On hold');
    expect((await decisionsOf(articleId)).map(({ decision }) => decision)).toEqual(['held']);
  });
});

describe('a gate that fails when the window ends', () => {
  it('leads to waiting for a person, who is told why and what to do, once', async () => {
    const { id, articleId } = await held();
    await app.ctx.db.execute(
      sql`update articles set seo = jsonb_set(seo, '{score}', '3'), revision = revision where id = ${articleId}`,
    );
    await app.ctx.db.execute(sql`update pipelines set brief = jsonb_set(brief, '{minSeoScore}', '0') where id = ${id}`);
    await app.ctx.db.execute(sql`insert into claims (id, user_id, article_id, ordinal, text, verdict, reason, outcome)
      values (${crypto.randomUUID()}, ${ann.id}, ${articleId}, 99, 'Bread is a liquid.', 'unsupported', 'r', 'kept')`);
    await windowOver(id);
    await runPipeline(app.ctx, id, never);
    expect(await sent(articleId)).toBe(0);
    const { waiting } = await rowOf(id);
    expect(waiting?.until).toBeUndefined();
    expect(waiting?.message).toMatch(/1 claim in it is not supported by a source\. Look at the marked claims/);
    const { subject, text } = await newestMail(app, 'ann@example.com', 'needs-approval');
    expect(subject).toContain('waits for your approval');
    expect(text).toContain('1 claim in it is not supported');
    await ann.api.ask('POST', `/pipelines/${id}/retry`, { fromStep: 'publish' });
    await runPipeline(app.ctx, id, never);
    expect(await mails('needs-approval')).toBe(1);
    expect(await app.ctx.db.$count(holds, and(eq(holds.pipelineId, id)))).toBe(2);
  });
});

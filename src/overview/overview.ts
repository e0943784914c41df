import { sql } from 'drizzle-orm';
import { usageLimitsOf } from '../budget/usage-limits.ts';
import { comingItems } from '../calendar/calendar.ts';
import type { AppContext } from '../context.ts';
import { type Db, queryRows } from '../db/open.ts';
import { countFailed, listFailures } from '../failures/queries.ts';
import { countDecisions, listDecisions } from '../failures/waiting.ts';
import type { PipelineStatus, Waiting } from '../pipeline/schema.ts';
import type { WantedStatus } from '../publishing/schema.ts';
import type { SiteCheck, SiteFinding } from '../wordpress/check.ts';

/** As many of each kind are shown; how many there are is counted. */
export const mostShown = 5;

/** A pipeline that is at work, has its turn before it, or goes on by itself. */
export interface WorkRow {
  id: string;
  topic: string;
  status: Extract<PipelineStatus, 'queued' | 'running' | 'waiting'>;
  currentStep: string | null;
  progress: number;
  waiting: Waiting | null;
  site: string | null;
  createdAt: Date;
  startedAt: Date | null;
}

/** A site that nothing can be delivered to, or whose queue stands still. */
export interface TroubledSite {
  id: string;
  name: string;
  /** Why not, from its last check; null for one that was paused by hand and is well. */
  problem: Pick<SiteFinding, 'code' | 'message' | 'hint'> | null;
  since: Date;
  paused: boolean;
  /** How many publications wait for it. */
  waiting: number;
}

/** A post that has gone to a site. */
export interface PublishedRow {
  id: string;
  articleId: string;
  title: string;
  wanted: WantedStatus;
  site: string;
  url: string | null;
  publishedAt: Date;
}

/** Whether someone has done each of the first things there are to do, once, and what there is to look at before. */
export interface FirstSteps {
  /** The article that the instance has written by itself at its first start. */
  sampleArticleId: string | null;
  site: boolean;
  article: boolean;
  published: boolean;
}

/**
 * Everything that a person wants to know at first sight, of one user. The number of statements does not depend on how
 * much there is, and each reads a handful of rows by an index of the user.
 */
export async function overviewOf(ctx: Pick<AppContext, 'db' | 'config' | 'now' | 'webSearch'>, userId: string) {
  const { db } = ctx;
  const decisions = await listDecisions(db, userId, { limit: mostShown - 1 });
  const failures = await listFailures(db, userId, { limit: mostShown - 1, dismissed: false });
  const failed = Object.values(await countFailed(db, userId)).reduce((sum, count) => sum + count, 0);
  return {
    work: await workOf(db, userId),
    decisions: { items: decisions, total: await countDecisions(db, userId) },
    failures: { items: failures, total: failed },
    sites: await troubledSites(db, userId),
    published: await publishedLately(db, userId),
    coming: await comingItems(ctx, userId, mostShown),
    limits: await usageLimitsOf(ctx, userId),
    firstSteps: await firstStepsOf(db, userId),
    canSearch: ctx.webSearch.providers.length > 0,
  };
}

type Moment = string | Date;

async function workOf(db: Db, userId: string): Promise<{ items: WorkRow[]; total: number }> {
  const rows = await queryRows<
    Omit<WorkRow, 'createdAt' | 'startedAt'> & { from: Moment; begun: Moment | null; total: number }
  >(
    db,
    sql`select p.id, p.topic, p.status, p.current_step as "currentStep", p.progress, p.waiting, s.name as site,
          p.created_at as "from", p.started_at as begun, (count(*) over ())::int as total
        from pipelines p left join sites s on s.id = p.site_id
        where p.user_id = ${userId} and (p.status in ('queued', 'running') or p.status = 'waiting' and p.waiting ->> 'until' is not null)
        order by array_position(array['running', 'queued', 'waiting'], p.status), p.priority desc, p.id limit ${mostShown}`,
  );
  return {
    items: rows.map(({ from, begun, total: _total, ...row }) => ({
      ...row,
      createdAt: new Date(from),
      startedAt: begun === null ? null : new Date(begun),
    })),
    total: rows[0]?.total ?? 0,
  };
}

async function troubledSites(db: Db, userId: string): Promise<{ items: TroubledSite[]; total: number }> {
  const rows = await queryRows<{
    id: string;
    name: string;
    check: SiteCheck | null;
    since: Moment;
    paused: boolean;
    waiting: number;
    total: number;
  }>(
    db,
    sql`select s.id, s.name, s.last_check as "check", coalesce(s.failing_since, s.paused_at, s.last_checked_at, s.created_at) as since,
          s.paused_at is not null as paused, (count(*) over ())::int as total,
          (select count(*) from publications p where p.site_id = s.id and p.status in ('queued', 'scheduled', 'publishing'))::int as waiting
        from sites s
        where s.user_id = ${userId} and (s.failing_since is not null or s.paused_at is not null or s.last_check ->> 'ok' = 'false')
        order by since, s.id limit ${mostShown}`,
  );
  return {
    items: rows.map(({ check, since, total: _total, ...row }) => {
      const finding = check?.findings.find(({ severity }) => severity === 'error');
      const problem = finding && { code: finding.code, message: finding.message, hint: finding.hint };
      return { ...row, problem: problem ?? null, since: new Date(since) };
    }),
    total: rows[0]?.total ?? 0,
  };
}

async function publishedLately(db: Db, userId: string): Promise<PublishedRow[]> {
  const rows = await queryRows<Omit<PublishedRow, 'publishedAt'> & { at: Moment }>(
    db,
    sql`select p.id, p.article_id as "articleId", a.title, p.wanted, s.name as site, p.remote_url as url, p.published_at as at
        from publications p join articles a on a.id = p.article_id join sites s on s.id = p.site_id
        where p.user_id = ${userId} and p.published_at is not null and p.status not in ('unpublished', 'cancelled')
        order by p.published_at desc, p.id desc limit ${mostShown}`,
  );
  return rows.map(({ at, ...row }) => ({ ...row, publishedAt: new Date(at) }));
}

/** The article that an instance writes by itself at its first start is nobody's first article. */
async function firstStepsOf(db: Db, userId: string): Promise<FirstSteps> {
  const [row] = await queryRows<FirstSteps>(
    db,
    // In the order of an index each: what exists at all is looked up, not searched for in the tables of all accounts.
    sql`with sample as (select (value ->> 'pipelineId')::uuid as pipeline_id from instance_settings where name = 'first-run')
        select exists (select from sites where user_id = ${userId}) as site,
          (select id from articles where user_id = ${userId} and deleted_at is null
            and (pipeline_id is null or pipeline_id is distinct from (select pipeline_id from sample)) order by id desc limit 1) is not null as article,
          (select id from publications where user_id = ${userId} and published_at is not null
            order by published_at desc, id desc limit 1) is not null as published,
          (select id from articles where pipeline_id = (select pipeline_id from sample)
            and user_id = ${userId} and deleted_at is null limit 1) as "sampleArticleId"`,
  );
  return row ?? { site: false, article: false, published: false, sampleArticleId: null };
}

import { sql } from 'drizzle-orm';
import type { Db } from '../src/db/open.ts';
import { briefSchema } from '../src/pipeline/brief.ts';

/** How much a large instance holds. */
export interface LargeSize {
  users: number;
  articles: number;
  /** Paragraphs of an article, of about 90 words each. */
  paragraphs: number;
  /** Rows of the ledger for each article. */
  callsPerArticle: number;
}

/** Accounts of a filled database: the one that has a fifth of everything, and one with its even share of the rest. */
export interface LargeAccounts {
  biggest: string;
  average: string;
  biggestSite: string;
}

/** A word that stands in article number `number` only, and one that stands in every second. */
export const wordOf = (number: number) => `subject${number}x`;
export const commonWord = 'leaven';

/** The same numbers in every run (a linear congruential generator, Numerical Recipes), from 0 to 1. */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Paragraphs of 90 words out of four thousand, a few of them in every second sentence, as in any language. */
function paragraphsOf(count: number): string[] {
  const next = numbers();
  const word = () => `word${Math.floor(4000 * next() ** 3)}`;
  return Array.from({ length: count }, (_, index) =>
    [...Array.from({ length: 89 }, word), index % 16 === 0 ? commonWord : word()].join(' '),
  );
}

function vectorsOf(count: number): number[][] {
  const next = numbers();
  return Array.from({ length: count }, () => Array.from({ length: 512 }, () => Number((next() - 0.5).toFixed(4))));
}

/**
 * Fills a migrated, empty PostgreSQL with an instance that has been at work for a year: accounts of very different size,
 * articles with texts and vectors, runs with their steps, events and ledger, publications, posts of sites, topics and
 * schedules. By SQL and with triggers off, so the user must be a superuser; counters are set to what the ledger says.
 * Every table grows with `articles`; what is open at a time (waiting, queued, under way) is a hundredth of it.
 */
export async function fillLarge(db: Db, size: LargeSize): Promise<LargeAccounts> {
  const { users, articles, paragraphs, callsPerArticle } = size;
  const brief = JSON.stringify(briefSchema.parse({ topic: 'Topic', sources: [{ url: 'https://example.com/a' }] }));
  const places = Array.from({ length: paragraphs }, (_, p) => `(plan.n * 7 + ${p * p * 31} + plan.n / 3) % 400`).join(
    ', ',
  );
  const scheduleBrief = JSON.stringify({ ...briefSchema.parse({ topic: 'Topic' }), publish: 'none' });
  await db.transaction(async (tx) => {
    const run = (text: string) => tx.execute(sql.raw(text));
    await run(`set local session_replication_role = replica`);
    // UUIDs of version 7 that can be told again: of a moment, a kind and a number.
    await run(`create function pg_temp.id(kind int, number bigint, at timestamptz) returns uuid language sql immutable as $$
      select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || lpad(to_hex(number), 15, '0'))::uuid $$`);
    await run(`create function pg_temp.user_id(number bigint) returns uuid language sql immutable as $$
      select pg_temp.id(1, number, timestamptz '2024-01-01' + number * interval '1 minute') $$`);
    await run(`create function pg_temp.site_id(number bigint) returns uuid language sql immutable as $$
      select pg_temp.id(2, number, timestamptz '2024-01-01' + number * interval '1 minute') $$`);
    // One in sixteen paragraphs holds the common word; vectors are of two hundred kinds, as unlike each other as any.
    await run(`create temporary table paragraphs on commit drop as
      select n::int - 1 as n, text from jsonb_array_elements_text('${JSON.stringify(paragraphsOf(400))}') with ordinality as list (text, n)`);
    await run(`create temporary table vectors on commit drop as
      select n::int - 1 as n, list::text::vector as vector from jsonb_array_elements('${JSON.stringify(vectorsOf(200))}') with ordinality as list (list, n)`);
    await run(`create index on paragraphs (n)`);
    await run(`insert into users (id, name, email, created_at, concurrent_pipelines)
      select pg_temp.user_id(n), 'Writer ' || n, 'writer' || n || '@example.com', now() - interval '400 days', 2 from generate_series(1, ${users}) n`);
    await run(`insert into sites (id, user_id, name, url, username, credential, credential_key_id)
      select pg_temp.site_id(n), pg_temp.user_id(n), 'Blog ' || n, 'https://blog' || n || '.example', 'admin', 'sealed', 'key' from generate_series(1, ${users}) n`);
    // Of five articles one is the biggest account's, two go round all others, and two to others by a steep curve.
    await run(`create temporary table plan on commit drop as
      select n, owner, at, pg_temp.id(16, n, at) as article_id, pg_temp.id(17, n, at) as pipeline_id, pg_temp.user_id(owner) as user_id,
        pg_temp.site_id(owner) as site_id, '${wordOf(0).replace('0x', '')}' || n || 'x' as word, n > ${articles} * 0.99 as open
      from (select n, now() - interval '360 days' + n * (interval '360 days' / ${articles}) as at,
          case when n % 5 = 0 or ${users} = 1 then 1 when n % 5 in (1, 2) then 2 + (n / 5 * 2 + n % 5) % (${users} - 1)
            else 2 + floor((${users} - 1) * power(random(), 4))::bigint end as owner
        from generate_series(1, ${articles}) n) numbered`);
    await run(`create index on plan (n)`);
    await run(`analyze plan`);
    await run(`insert into pipelines (id, user_id, brief, topic, status, current_step, progress, budget_micro_usd, expected_micro_usd, site_id, article_id, waiting,
        lease, lease_expires_at, created_at, started_at, finished_at)
      select pipeline_id, user_id, jsonb_set('${brief}'::jsonb, '{topic}', to_jsonb('How to keep ' || word)), 'How to keep ' || word,
        case when not open then case when n % 50 = 0 then 'failed' else 'succeeded' end when n % 10 < 6 then 'queued' when n % 10 = 6 then 'running' else 'waiting' end,
        null, case when open then 0 else 1 end, 1000000, 40000, site_id, case when not open and n % 50 <> 0 then article_id end,
        case when open and n % 10 = 7 then jsonb_build_object('reason', 'budget_exceeded', 'cap', 'month', 'neededMicroUsd', 9000000000000000, 'until', now() + interval '9 days')
          when open and n % 10 > 7 then jsonb_build_object('reason', 'approval', 'articleId', article_id) end,
        1, case when open and n % 10 = 6 then now() + interval '1 day' end, at, case when not open or n % 10 >= 6 then at end, case when not open then at + interval '3 minutes' end
      from plan`);
    await run(`insert into pipeline_steps (id, user_id, pipeline_id, name, attempt, status, input_digest, step_version, output, started_at, finished_at)
      select pg_temp.id(32 + s, n, at), user_id, pipeline_id, (array['topic','research','outline','draft','check','seo','publish'])[s], 1, 'succeeded', md5(n::text), 1,
        jsonb_build_object('title', word), at, at + interval '20 seconds' from plan, generate_series(1, 7) s where not open`);
    await run(`insert into pipeline_events (user_id, pipeline_id, type, data, created_at)
      select user_id, pipeline_id, 'step', '{"name":"draft","status":"running"}', at from plan, generate_series(1, 3)`);
    await run(`insert into articles (id, user_id, pipeline_id, title, slug, markdown, excerpt, meta_description, keyword, language, word_count, status, created_at, updated_at)
      select article_id, user_id, pipeline_id, 'How to keep ' || word || ' in good order', 'keep-' || word,
        '## About ' || word || E'\\n\\n' || (select string_agg(text, E'\\n\\n') from paragraphs where paragraphs.n = any (array[${places}])),
        'Keeping ' || word, 'What it takes to keep ' || word, word, 'en', ${paragraphs * 90}, case when n % 7 < 5 then 'published' when n % 7 = 5 then 'ready' else 'draft' end, at, at
      from plan where not open and n % 50 <> 0`);
    await run(`insert into article_revisions (article_id, revision, user_id, author, title, markdown, fields, created_at)
      select article_id, 1, user_id, 'pipeline', word, '', '{}', at from plan where not open and n % 50 <> 0`);
    await run(`insert into article_embeddings (article_id, user_id, model, dimensions, facet, embedding)
      select article_id, user_id, 'use-lite-en', 512, facet, vector
      from plan join vectors on vectors.n = plan.n * 13 % 200, (values ('topic'), ('content')) as f (facet) where not open and plan.n % 50 <> 0`);
    await run(`insert into sources (id, user_id, kind, url, title, content_hash, word_count, fetched_at)
      select pg_temp.id(48 + s, n, at), user_id, 'url', 'https://source.example/' || n || '/' || s, 'Source ' || n, md5(n || '/' || s), 800, at
      from plan, generate_series(1, 3) s where not open and n % 50 <> 0`);
    await run(`insert into pipeline_sources (pipeline_id, source_id, user_id, position)
      select pipeline_id, pg_temp.id(48 + s, n, at), user_id, s from plan, generate_series(1, 3) s where not open and n % 50 <> 0`);
    await run(`insert into article_sources (article_id, source_id, user_id, number)
      select article_id, pg_temp.id(48 + s, n, at), user_id, s from plan, generate_series(1, 3) s where not open and n % 50 <> 0`);
    await run(`insert into claims (id, user_id, article_id, pipeline_id, ordinal, text, verdict, reason, outcome)
      select pg_temp.id(64 + s, n, at), user_id, article_id, pipeline_id, s, 'It keeps well.', 'supported', 'quoted', 'kept'
      from plan, generate_series(1, 2) s where not open and n % 50 <> 0`);
    await run(`insert into paid_calls (id, kind, payer, user_id, pipeline_id, month, instance_month, step, task, prompt_version, request_digest, provider, model, unit_prices,
        status, worst_case_micro_usd, reserved_micro_usd, cost_micro_usd, input_tokens, output_tokens, started_at, finished_at)
      select pg_temp.id(80 + c, n, at), 'text', case when n % 9 = 0 then 'user' else 'instance' end, user_id, pipeline_id, to_char(at at time zone 'UTC', 'YYYY-MM'),
        to_char(at at time zone 'UTC', 'YYYY-MM'), (array['topic','research','outline','draft','check','seo'])[1 + c % 6], 'draft', 1, md5(n || '/' || c), 'openai',
        'openai:model-' || n % 3, '{"inputMicroUsd":1,"outputMicroUsd":4}', 'settled', 4000, 4000, case when n % 40 = 0 and c = 1 then 4400 else 900 + n % 700 end,
        1800, 420, at + c * interval '9 seconds', at + c * interval '10 seconds'
      from plan, generate_series(1, ${callsPerArticle}) c where not open or n % 10 >= 6`);
    await run(
      `insert into spending (user_id, payer, month, settled_micro_usd) select user_id, payer, month, sum(cost_micro_usd) from paid_calls group by 1, 2, 3`,
    );
    await run(`insert into allotments (user_id, month, settled_micro_usd, allotted_micro_usd)
      select user_id, instance_month, sum(cost_micro_usd), sum(cost_micro_usd) from paid_calls where payer = 'instance' group by 1, 2`);
    await run(
      `insert into instance_months (month, allotted_micro_usd) select month, sum(allotted_micro_usd) from allotments group by 1`,
    );
    // Whoever waits for money has been told of it.
    await run(`insert into budget_warnings (user_id, payer, month, percent, limit_micro_usd)
      select user_id, 'instance', to_char(now() at time zone 'UTC', 'YYYY-MM'), percent, 1000000000000
      from (select distinct user_id from pipelines where waiting ->> 'reason' = 'budget_exceeded') waiting, unnest(array[50, 80, 100]) percent`);
    await run(`insert into publications (id, user_id, article_id, site_id, pipeline_id, wanted, status, remote_id, remote_url, remote_status, attempts, next_attempt_at, publish_at, created_at, published_at)
      select pg_temp.id(112, n, at), user_id, article_id, site_id, pipeline_id, 'publish',
        case when n % 500 = 0 then 'failed' when n % 505 = 1 then 'scheduled' when n % 1010 = 2 then 'queued' else 'published' end,
        n, 'https://blog.example/' || n, case when n % 500 = 0 then null else 'publish' end, 1,
        case when n % 505 = 1 then now() + n * interval '1 minute' when n % 1010 = 2 then now() - interval '1 second' end,
        case when n % 505 = 1 then now() + n * interval '1 minute' end, at, case when n % 500 <> 0 and n % 505 <> 1 and n % 1010 <> 2 then at + interval '5 minutes' end
      from plan where not open and n % 50 <> 0 and n % 5 < 3`);
    await run(`insert into site_posts (site_id, remote_id, user_id, url, slug, title, language, status, modified_at)
      select site_id, case when n % 5 < 3 then n else n + ${articles} end, user_id, 'https://blog.example/' || n, 'post-' || n,
        'Notes on ' || word, 'en', 'publish', at from plan where not open`);
    await run(`insert into topics (id, user_id, site_id, topic, sameness, status, position, pipeline_id, created_at)
      select pg_temp.id(128, n, at), user_id, site_id, 'How to keep ' || word, word,
        case when n % 20 = 0 then 'open' when n % 40 = 1 then 'proposed' when n % 10 = 2 then 'dismissed' else 'used' end, n, case when n % 20 > 2 then pipeline_id end, at
      from plan where n % 2 = 0 or n % 40 = 1`);
    await run(`insert into schedules (id, user_id, site_id, name, rule, time_zone, brief, next_slot_at, last_slot_at)
      select pg_temp.id(144, n, now()), pg_temp.user_id(1 + n % ${users}), pg_temp.site_id(1 + n % ${users}), 'Daily ' || n, '{"days":["mon","tue","wed","thu","fri"],"times":["09:00"]}', 'UTC',
        '${scheduleBrief}'::jsonb, now() + interval '1 hour' + n * interval '40 seconds', now() - interval '1 day' from generate_series(1, ${Math.max(users, Math.round(articles / 50))}) n`);
    await run(`insert into schedule_runs (id, user_id, schedule_id, slot_at, outcome, pipeline_id, created_at)
      select pg_temp.id(160, n, at), user_id, pg_temp.id(144, 1 + n % ${Math.max(users, Math.round(articles / 50))}, now()), at, 'started', pipeline_id, at from plan where n % 2 = 0`);
  });
  const [accounts] = (
    (await db.execute(sql`
      select (select id from users where email = 'writer1@example.com') as biggest, (select id from sites where name = 'Blog 1') as "biggestSite",
        (select id from users where email = ${`writer${users}@example.com`}) as average`)) as unknown as {
      rows: LargeAccounts[];
    }
  ).rows;
  if (!accounts) throw new Error('the accounts are not there');
  return accounts;
}

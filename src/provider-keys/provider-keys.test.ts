import { eq, sql } from 'drizzle-orm';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Account, client, givenAccount } from '../../test/accounts.ts';
import { breadSources } from '../../test/factories.ts';
import { type ModelServer, startModelServer } from '../../test/fakes/model-server.ts';
import { diligentScript } from '../../test/fakes/scripted-model.ts';
import { braveKey, type SearchServer, startSearchServer, tavilyKey } from '../../test/fakes/search-server.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { listCalls } from '../budget/ledger.ts';
import { spending } from '../budget/schema.ts';
import { type Db, queryRows } from '../db/open.ts';
import { createModels } from '../llm/models.ts';
import { eventsAfter } from '../pipeline/events.ts';
import { getPipeline } from '../pipeline/queries.ts';
import { runPipeline } from '../pipeline/runner.ts';
import { pipelines } from '../pipeline/schema.ts';
import { askSearch } from '../web-search/ask-search.ts';
import { createWebSearch } from '../web-search/web-search.ts';
import { listKeys } from './provider-keys.ts';
import { providerKeys } from './schema.ts';

/** The instance's keys, which must never be seen where a user has one of their own. */
const ofInstance = {
  OPENAI_API_KEY: 'sk-of-the-instance-0000',
  ANTHROPIC_API_KEY: 'sk-ant-of-the-instance-0000',
};
const chain = 'anthropic:claude-sonnet-4-5,openai:gpt-5-mini';
const never = new AbortController().signal;

let app: TestApp;
let models: ModelServer;
let search: SearchServer;
let accounts = 0;
/** Sends what is refused. */
let clumsy: Account;

beforeAll(async () => {
  models = await startModelServer(diligentScript);
  search = await startSearchServer((query) => [{ url: 'https://example.com/', title: query }]);
  const env = { ...ofInstance, LLM_MODEL: chain, ...search.env.searxng, ...search.env.brave, ...search.env.tavily };
  const { config, secrets } = testConfig(env);
  app = await startTestApp({
    env,
    overrides: {
      models: createModels(config, secrets, { urls: models.urls }),
      webSearch: createWebSearch(config, secrets, { braveUrl: search.url, tavilyUrl: search.url }),
    },
  });
  await givenAccount(app, 'admin@example.com');
  clumsy = await someone();
});
afterAll(async () => {
  await app.close();
  await models.close();
  await search.close();
});
beforeEach(() => {
  models.calls.length = 0;
  models.checks.length = 0;
  models.refusals.clear();
  models.intercept = null;
  search.calls.length = 0;
  search.sentKeys.length = 0;
});

const someone = () => givenAccount(app, `user${++accounts}@example.com`);
const put = (user: Account, provider: string, key: string) =>
  user.api.ask<{ status: string; problem: string | null; detail: string; hint: string; errors: unknown }>(
    'PUT',
    `/provider-keys/${provider}`,
    { key },
  );
const keysSent = () => [...new Set(models.calls.map(({ key }) => key))];
const listed = async (user: Account) =>
  (await user.api.ask<{ items: Record<string, unknown>[]; spentMicroUsd: number }>('GET', '/provider-keys')).json;

/** Starts an article and works on it until it stops. */
async function write(user: Account, brief: object = {}, whileRunning?: (id: string) => void) {
  const started = await user.api.ask<{ id: string; code: string; detail: string; hint: string }>('POST', '/pipelines', {
    topic: 'Keeping a sourdough starter',
    sources: breadSources,
    duplicates: 'allow',
    ...brief,
  });
  if (started.status !== 202) return { started, pipeline: null, calls: [] };
  const { id } = started.json;
  whileRunning?.(id);
  await runPipeline(app.ctx, id, never);
  return {
    started,
    pipeline: await getPipeline(app.ctx.db, user.id, id),
    calls: await listCalls(app.ctx.db, [id]),
  };
}

async function spentBy(user: Account): Promise<Record<string, number>> {
  const rows = await app.ctx.db.select().from(spending).where(eq(spending.userId, user.id));
  return Object.fromEntries(rows.map(({ payer, settledMicroUsd }) => [payer, settledMicroUsd]));
}

/** Everything that stands in any table, as text. */
async function dump(db: Db): Promise<string> {
  const tables = await queryRows<{ schema: string; name: string }>(
    db,
    sql`select table_schema as schema, table_name as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { schema, name } of tables) {
    const rows = await queryRows<{ row: string }>(
      db,
      sql`select row_to_json(t)::text as row from ${sql.identifier(schema)}.${sql.identifier(name)} t`,
    );
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

describe('storing a key', () => {
  test('leaves it nowhere in the open: not in the database, the answers, the log, the errors or the export', async () => {
    const user = await someone();
    // Of a form that no provider has, so that nothing but knowing the key itself keeps it out of the log.
    const key = 'only-for-this-test-wxyz';
    const stored = await put(user, 'anthropic', key);
    expect(stored.json).toMatchObject({ provider: 'anthropic', ending: 'wxyz', status: 'works', problem: null });
    expect(models.checks).toEqual([{ protocol: 'anthropic', key }]);
    expect((await write(user)).pipeline?.status).toBe('succeeded');
    // Refused as some providers do it, with the whole key in the answer.
    models.intercept = (_call, wire) => {
      wire.response.writeHead(401, { 'content-type': 'application/json' });
      wire.response.end(JSON.stringify({ error: { message: `Not known here: ${key}` } }));
      return true;
    };
    expect((await write(user)).pipeline?.error?.message).toContain('…wxyz');
    const list = await user.api.ask('GET', '/provider-keys');
    const log = await user.api.ask('GET', '/me/audit-events');
    const archive = await user.api.ask('GET', '/me/export');
    const files = unzipSync(new Uint8Array(archive.bytes));
    expect(JSON.parse(strFromU8(files['provider-keys.json'] ?? new Uint8Array()))).toMatchObject([
      { provider: 'anthropic', ending: 'wxyz', status: 'rejected' },
    ]);
    const exported = Object.values(files).map((bytes) => strFromU8(bytes));
    expect(log.json.items).toContainEqual(
      expect.objectContaining({ action: 'provider-key-stored', details: { provider: 'anthropic', ending: 'wxyz' } }),
    );
    const [row] = await listKeys(app.ctx.db, user.id);
    expect(row?.sealed).not.toBe('');
    for (const [what, text] of Object.entries({
      answer: stored.text,
      list: list.text,
      'access log': log.text,
      export: exported.join('\n'),
      database: await dump(app.ctx.db),
      log: app.logs.join('\n'),
    })) {
      expect(text, what).not.toContain('only-for-this-test');
      // Nor what it is sealed as, anywhere but in its row.
      if (what !== 'database') expect(text, what).not.toContain(row?.sealed);
    }
  });

  test.each([
    ['a wrong one', 401, 'key'],
    ['a revoked one', 403, 'permission'],
  ] as const)('refuses %s, and the one before stays', async (_what, status, kind) => {
    const user = await someone();
    await put(user, 'openai', 'sk-the-good-one-before-1111');
    models.refusals.set('sk-the-bad-one-after-2222', { status, kind });
    const refused = await put(user, 'openai', 'sk-the-bad-one-after-2222');
    expect(refused.status).toBe(422);
    expect(refused.json.errors).toEqual([{ path: 'key', message: 'was refused by OpenAI' }]);
    expect((await listed(user)).items).toMatchObject([{ ending: '1111', status: 'works' }]);
  });

  test('keeps one without credit and says so', async () => {
    const user = await someone();
    models.refusals.set('sk-without-credit-3333', { status: 429, kind: 'quota' });
    expect((await put(user, 'openai', 'sk-without-credit-3333')).json).toMatchObject({
      status: 'out-of-credit',
      problem: 'Your own key for OpenAI (…3333) is out of credit.',
    });
  });

  test('keeps one that could not be checked, and checks it later', async () => {
    const user = await someone();
    models.refusals.set('AIza-while-google-is-down-4444', { status: 503, kind: 'overloaded' });
    expect((await put(user, 'google', 'AIza-while-google-is-down-4444')).json).toMatchObject({
      status: 'unchecked',
      problem: 'Google answered 503; the key could not be checked.',
      checkedAt: null,
    });
    models.refusals.clear();
    const again = await user.api.ask('POST', '/provider-keys/google/check');
    expect(again.json).toMatchObject({ status: 'works', problem: null, checkedAt: expect.any(String) });
  });

  test('checks one for a search as its provider allows it', async () => {
    const user = await someone();
    search.keys.tavily.add('tvly-of-the-user-5555');
    expect((await put(user, 'tavily', 'tvly-of-the-user-5555')).json).toMatchObject({ status: 'works' });
    expect((await put(user, 'tavily', 'tvly-of-nobody-666666')).status).toBe(422);
    // Every answered request is billed there, so the key is not tried.
    expect((await put(user, 'brave', 'BSA-of-the-user-7777')).json).toMatchObject({ status: 'unchecked' });
    expect(search.sentKeys).toEqual([]);
  });

  test.each([
    ['empty', ''],
    ['too short', 'sk-short'],
    ['two words', 'sk-of two words and more'],
    ['with a line break', 'sk-with\nx-injected: header'],
    ['not ASCII', 'sk-ключ-от-провайдера'],
    ['too long', 'k'.repeat(501)],
  ])('takes no key that is none: %s', async (_what, key) => {
    const { status, json } = await put(clumsy, 'openai', key);
    expect([status, json.errors]).toEqual([422, [{ path: 'key', message: expect.any(String) }]]);
    expect(models.checks).toEqual([]);
  });

  test('takes none for a provider that there is not, and none from an API key', async () => {
    const user = await someone();
    expect((await put(user, 'mistral', 'sk-of-another-provider')).status).toBe(404);
    const made = await user.api.ask<{ key: string }>('POST', '/api-keys', {
      name: 'all',
      scopes: ['read', 'write', 'publish'],
    });
    const program = client(app, { authorization: `Bearer ${made.json.key}` });
    for (const [method, path] of [
      ['PUT', '/provider-keys/openai'],
      ['POST', '/provider-keys/openai/check'],
      ['DELETE', '/provider-keys/openai'],
    ] as const) {
      const body = method === 'PUT' ? { key: 'sk-from-a-program-8888' } : undefined;
      expect((await program.ask(method, path, body)).status, method).toBe(403);
    }
    expect((await program.ask('GET', '/provider-keys')).json).toMatchObject({ items: [] });
  });

  test('twice at once leaves one of them, whole', async () => {
    const user = await someone();
    const keys = ['sk-first-of-two-aaaa', 'sk-second-of-two-bbbb'];
    const answers = await Promise.all(keys.map((key) => put(user, 'openai', key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [only, ...more] = await listKeys(app.ctx.db, user.id);
    expect(more).toEqual([]);
    expect((await write(user, { model: 'openai:gpt-5-mini' })).pipeline?.status).toBe('succeeded');
    expect(keysSent()).toEqual(keys.filter((key) => key.endsWith(only?.ending ?? '')));
  });
});

describe('an article', () => {
  test('is paid with the key of its user, whom alone it costs', async () => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-own-key-of-user-cccc');
    const before = await queryRows(app.ctx.db, sql`select * from instance_months`);
    const { pipeline, calls } = await write(user);
    expect(pipeline).toMatchObject({ status: 'succeeded', expectedMicroUsd: 0 });
    expect(keysSent()).toEqual(['sk-ant-own-key-of-user-cccc']);
    expect([...new Set(calls.map(({ payer }) => payer))]).toEqual(['user']);
    const cost = calls.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? Number.NaN), 0);
    expect(await spentBy(user)).toEqual({ user: cost });
    expect(await queryRows(app.ctx.db, sql`select * from instance_months`)).toEqual(before);
    expect(await listed(user)).toMatchObject({
      spentMicroUsd: cost,
      items: [{ provider: 'anthropic', spentMicroUsd: cost, lastUsedAt: expect.any(String) }],
    });
  });

  test('of a user without keys is paid by the instance', async () => {
    const user = await someone();
    const { calls } = await write(user);
    expect(keysSent()).toEqual([ofInstance.ANTHROPIC_API_KEY]);
    const cost = calls.reduce((sum, { costMicroUsd }) => sum + (costMicroUsd ?? Number.NaN), 0);
    expect(await spentBy(user)).toEqual({ instance: cost });
  });

  test.each([
    ['wrong', 401, 'key', 'rejected', 'was refused'],
    ['revoked', 403, 'permission', 'rejected', 'was refused'],
    ['out of credit', 402, 'quota', 'out-of-credit', 'is out of credit'],
    ['out of quota', 429, 'quota', 'out-of-credit', 'is out of credit'],
  ] as const)('whose key is %s fails and says which key; nobody else pays', async (_what, status, kind, mark, said) => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-own-key-of-user-dddd');
    models.refusals.set('sk-ant-own-key-of-user-dddd', { status, kind });
    const { pipeline, calls } = await write(user);
    expect(pipeline).toMatchObject({
      status: 'failed',
      error: {
        code: 'model_rejected',
        message: `Your own key for Anthropic (…dddd) ${said}.`,
        hint: expect.stringContaining('The key of this instance is not used in its place.'),
      },
    });
    expect(keysSent()).toEqual(['sk-ant-own-key-of-user-dddd']);
    expect(calls.map(({ status, costMicroUsd }) => [status, costMicroUsd])).toEqual([['released', 0]]);
    expect(Object.values(await spentBy(user)).filter((amount) => amount > 0)).toEqual([]);
    expect((await listed(user)).items).toMatchObject([{ status: mark, problem: expect.stringContaining('…dddd') }]);

    // It is enough that the provider takes it again.
    models.refusals.clear();
    await user.api.ask('POST', `/pipelines/${pipeline?.id}/retry`);
    await runPipeline(app.ctx, pipeline?.id ?? '', never);
    expect(await getPipeline(app.ctx.db, user.id, pipeline?.id ?? '')).toMatchObject({ status: 'succeeded' });
    expect((await listed(user)).items).toMatchObject([{ status: 'works', problem: null }]);
  });

  test.each([
    ['is refused', 401, 'key'],
    ['cannot be asked now', 503, 'overloaded'],
  ] as const)('falls back from a key that %s only to what its user pays as well', async (_what, status, kind) => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-own-key-of-user-eeee');
    await put(user, 'openai', 'sk-own-key-of-user-ffff');
    models.refusals.set('sk-ant-own-key-of-user-eeee', { status, kind });
    const { pipeline, calls } = await write(user);
    expect(pipeline?.status).toBe('succeeded');
    expect(keysSent()).toEqual(['sk-ant-own-key-of-user-eeee', 'sk-own-key-of-user-ffff']);
    expect([...new Set(calls.map(({ payer }) => payer))]).toEqual(['user']);
  });

  test('waits for a provider that is down although the instance could pay another', async () => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-own-key-of-user-gggg');
    models.refusals.set('sk-ant-own-key-of-user-gggg', { status: 503, kind: 'overloaded' });
    expect((await write(user)).pipeline).toMatchObject({ status: 'waiting', waiting: { reason: 'provider' } });
    expect(keysSent()).toEqual(['sk-ant-own-key-of-user-gggg']);
  });

  test("one user's key lets no model rest for the others", async () => {
    const [poor, other] = [await someone(), await someone()];
    await put(poor, 'anthropic', 'sk-ant-own-key-of-poor-hhhh');
    await put(poor, 'openai', 'sk-own-key-of-poor-iiii');
    models.refusals.set('sk-ant-own-key-of-poor-hhhh', { status: 401, kind: 'key' });
    await write(poor);
    const first = models.calls.map(({ key }) => key);
    expect(first.filter((key) => key === 'sk-ant-own-key-of-poor-hhhh')).toHaveLength(1);
    models.calls.length = 0;
    await write(other);
    expect(keysSent()).toEqual([ofInstance.ANTHROPIC_API_KEY]);
    // A new key has not failed yet.
    models.calls.length = 0;
    await put(poor, 'anthropic', 'sk-ant-new-key-of-poor-jjjj');
    await write(poor);
    expect(keysSent()).toEqual(['sk-ant-new-key-of-poor-jjjj']);
  });

  test('goes on with the key that took the place of another, from the next call on', async () => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-before-kkkk');
    models.intercept = async ({ task }) => {
      if (task === 'outline') await put(user, 'anthropic', 'sk-ant-after-llll');
      return false;
    };
    expect((await write(user)).pipeline?.status).toBe('succeeded');
    const keys = models.calls.map(({ task, key }) => [task, key]);
    expect(keys.slice(0, 2)).toEqual([
      ['topic', 'sk-ant-before-kkkk'],
      ['outline', 'sk-ant-before-kkkk'],
    ]);
    expect([...new Set(keys.slice(2).map(([, key]) => key))]).toEqual(['sk-ant-after-llll']);
  });

  test('whose key is deleted while it runs is never asked with it again', async () => {
    const user = await someone();
    await put(user, 'google', 'AIza-deleted-meanwhile-mmmm');
    models.intercept = async ({ task }) => {
      if (task === 'outline') await user.api.ask('DELETE', '/provider-keys/google');
      return false;
    };
    const { pipeline } = await write(user, { model: 'google:gemini-2.5-flash' });
    // The instance has no key for it.
    expect(pipeline).toMatchObject({ status: 'failed', error: { code: 'model_unknown' } });
    expect(models.calls.map(({ task }) => task)).toEqual(['topic', 'outline']);
  });

  test('that waited for money while its key went is not asked with the key of then', async () => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-waits-for-money-nnnn');
    await user.api.ask('PATCH', '/me', { ownMonthlyLimitMicroUsd: 2_000_000 });
    const liftLimit = () =>
      app.ctx.db.update(users).set({ ownMonthlyLimitMicroUsd: null }).where(eq(users.id, user.id));
    // All of the limit is held by another call, so the first one waits its turn.
    await app.ctx.db.insert(spending).values({
      userId: user.id,
      payer: 'user',
      month: new Date().toISOString().slice(0, 7),
      reservedMicroUsd: 1_999_999,
    });
    const { started } = await write(user, {}, (id) => {
      void (async () => {
        await vi.waitFor(async () => {
          const said = (await eventsAfter(app.ctx.db, id, 0)).map(({ data }) => String(data.message));
          expect(said.some((message) => message.startsWith('Waiting for other calls'))).toBe(true);
        }, 20_000);
        await put(user, 'anthropic', 'sk-ant-after-the-wait-oooo');
        await liftLimit();
      })();
    });
    expect(started.status).toBe(202);
    expect(keysSent()).toEqual(['sk-ant-after-the-wait-oooo']);
  });

  test('stops at the limit that its user has set for their own keys, and for nothing else', async () => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-own-key-of-user-pppp');
    await user.api.ask('PATCH', '/me', { ownMonthlyLimitMicroUsd: 60_000 });
    const { pipeline } = await write(user);
    expect(pipeline).toMatchObject({ status: 'waiting', waiting: { reason: 'budget_exceeded', cap: 'own-month' } });
    const spent = await spentBy(user);
    expect(spent.user ?? 0).toBeLessThanOrEqual(60_000);
    expect(spent.instance).toBeUndefined();
    // A limit below what is spent lets nothing new begin; without one it goes on.
    await user.api.ask('PATCH', '/me', { ownMonthlyLimitMicroUsd: 0 });
    await user.api.ask('POST', `/pipelines/${pipeline?.id}/continue`, {});
    const sent = models.calls.length;
    await runPipeline(app.ctx, pipeline?.id ?? '', never);
    expect(models.calls).toHaveLength(sent);
    await user.api.ask('PATCH', '/me', { ownMonthlyLimitMicroUsd: null });
    await user.api.ask('POST', `/pipelines/${pipeline?.id}/continue`, {});
    await runPipeline(app.ctx, pipeline?.id ?? '', never);
    expect(await getPipeline(app.ctx.db, user.id, pipeline?.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  test("of another user knows nothing of the first one's key", async () => {
    const [owner, other] = [await someone(), await someone()];
    await put(owner, 'google', 'AIza-only-of-the-owner-qqqq');
    expect((await write(owner, { model: 'google:gemini-2.5-flash' })).pipeline?.status).toBe('succeeded');
    const { started } = await write(other, { model: 'google:gemini-2.5-flash' });
    expect([started.status, started.json.code]).toEqual([422, 'model_unknown']);
    expect((await listed(other)).items).toEqual([]);
    expect((await other.api.ask('DELETE', '/provider-keys/google')).status).toBe(404);
    expect((await other.api.ask('POST', '/provider-keys/google/check')).status).toBe(404);
    expect((await listed(owner)).items).toHaveLength(1);
  });

  test('whose key was encrypted under another APP_SECRET fails instead of being paid by the instance', async () => {
    const user = await someone();
    await put(user, 'anthropic', 'sk-ant-of-another-secret-rrrr');
    await app.ctx.db.update(providerKeys).set({ keyId: 'another' }).where(eq(providerKeys.userId, user.id));
    expect((await write(user)).pipeline).toMatchObject({ status: 'failed', error: { code: 'secret_unreadable' } });
    expect(models.calls).toEqual([]);
  });
});

describe('the default model', () => {
  test('is that of briefs that name none, and stays that of what has begun', async () => {
    const user = await someone();
    const changed = await user.api.ask('PATCH', '/me', { model: 'openai:gpt-5-mini' });
    expect(changed.json).toMatchObject({ model: 'openai:gpt-5-mini', ownMonthlyLimitMicroUsd: null });
    const { pipeline } = await write(user);
    expect(pipeline?.brief.model).toBe('openai:gpt-5-mini');
    expect([...new Set(models.calls.map(({ model }) => model))]).toEqual(['gpt-5-mini']);
    await user.api.ask('PATCH', '/me', { model: null });
    const next = await write(user);
    expect(next.pipeline?.brief.model).toBeUndefined();
  });

  test('is chosen among those of the instance and of the providers that there is a key for', async () => {
    const user = await someone();
    interface Listed {
      items: { id: string; payer: string; inChain: number | null; prices: { inputMicroUsd: number } | null }[];
    }
    const listed = async () => (await user.api.ask<Listed>('GET', '/models')).json.items;
    const before = await listed();
    expect(before[0]).toMatchObject({ payer: 'instance', inChain: 1 });
    expect(before.some(({ id }) => id.startsWith('google:'))).toBe(false);
    await put(user, 'google', 'AIza-makes-it-possible-ssss');
    const own = (await listed()).filter(({ id }) => id.startsWith('google:'));
    expect(own.length).toBeGreaterThan(3);
    expect(own.every(({ payer, inChain, prices }) => payer === 'user' && inChain === null && prices !== null)).toBe(
      true,
    );
    // What makes pictures or reads aloud writes no articles.
    expect((await listed()).filter(({ id }) => /embed|image|tts|audio/.test(id))).toEqual([]);
  });

  test('has to be one that can be asked for this user', async () => {
    const user = await someone();
    const wanted = { model: 'google:gemini-2.5-flash' };
    const refused = await user.api.ask<{ code: string; errors: unknown }>('PATCH', '/me', wanted);
    expect(refused.status).toBe(422);
    expect(refused.json).toMatchObject({ code: 'model_unknown', errors: [{ path: 'model' }] });
    await put(user, 'google', 'AIza-makes-it-possible-ssss');
    expect((await user.api.ask('PATCH', '/me', wanted)).status).toBe(200);
    await user.api.ask('DELETE', '/provider-keys/google');
    const { started } = await write(user);
    expect(started.json).toMatchObject({
      code: 'model_unknown',
      detail: expect.stringContaining('It is the default model of your account.'),
    });
    const dryRun = await user.api.ask('POST', '/pipelines?dryRun=true', { topic: 'Bread', sources: breadSources });
    expect(dryRun.json).toMatchObject({ code: 'model_unknown' });
  });

  test.each([-1, 0.5, 1e12 + 1, '5', true, 1e15])(
    'goes with a limit that is a whole number in reason, not %s',
    async (ownMonthlyLimitMicroUsd) => {
      const { status, json } = await clumsy.api.ask('PATCH', '/me', { ownMonthlyLimitMicroUsd });
      expect([status, json.errors]).toEqual([
        422,
        [
          {
            path: 'ownMonthlyLimitMicroUsd',
            message: 'must be a whole number of micro-dollars from 0 to 1000000000000, or null for no limit',
          },
        ],
      ]);
    },
  );
});

describe("OpenAI's place", () => {
  test('taken by a server of the instance is not taken for the keys of users, nor are its prices', async () => {
    const local = await startModelServer(diligentScript);
    const env = {
      OPENAI_BASE_URL: local.url,
      OPENAI_API_KEY: 'sk-for-the-local-server-1',
      LLM_MODEL: 'openai:gpt-5-mini',
      MODEL_PRICES: 'openai:gpt-5-mini=0/0',
    };
    const { config, secrets } = testConfig(env);
    const other = await startTestApp({
      env,
      overrides: { models: createModels(config, secrets, { urls: models.urls }) },
    });
    try {
      const user = await givenAccount(other, 'own@example.com');
      await user.api.ask('PUT', '/provider-keys/openai', { key: 'sk-for-openai-itself-tttt' });
      const { json } = await user.api.ask<{ id: string }>('POST', '/pipelines', {
        topic: 'Bread',
        sources: breadSources,
      });
      await runPipeline(other.ctx, json.id, never);
      expect(local.calls).toEqual([]);
      expect(keysSent()).toEqual(['sk-for-openai-itself-tttt']);
      const calls = await listCalls(other.ctx.db, [json.id]);
      expect(calls.every(({ costMicroUsd }) => (costMicroUsd ?? 0) > 0)).toBe(true);
    } finally {
      await other.close();
      await local.close();
    }
  });
});

describe('a search', () => {
  const question = { query: 'sourdough', language: 'en', domains: [] };
  async function look(user: Account) {
    const started = await user.api.ask<{ id: string }>('POST', '/pipelines', { topic: 'Bread', sources: [] });
    const { id } = started.json;
    const running = { status: 'running', lease: 1, leaseExpiresAt: sql`now() + interval '1 hour'` } as never;
    await app.ctx.db.update(pipelines).set(running).where(eq(pipelines.id, id));
    const pipeline = await getPipeline(app.ctx.db, user.id, id);
    const nothing = async () => undefined;
    const owner = { pipeline, step: 'research', generation: 0, signal: never, assureLease: nothing, log: nothing };
    const answer = await askSearch(app.ctx, owner, question, new Set()).catch((error: Error) => error);
    return { answer, calls: await listCalls(app.ctx.db, [id]), pipeline };
  }

  test('is asked with the own key, which its user pays', async () => {
    const user = await someone();
    search.keys.brave.add('BSA-own-key-of-user-uuuu');
    await put(user, 'brave', 'BSA-own-key-of-user-uuuu');
    const { calls } = await look(user);
    expect(search.sentKeys).toEqual(['BSA-own-key-of-user-uuuu']);
    expect(calls).toMatchObject([{ provider: 'brave', payer: 'user', costMicroUsd: 5_000 }]);
    expect((await listed(user)).items).toMatchObject([{ status: 'works', spentMicroUsd: 5_000 }]);
  });

  test('with a refused key goes on to what is free, never to what the instance pays', async () => {
    const user = await someone();
    await put(user, 'brave', 'BSA-refused-by-brave-vvvv');
    const { answer, calls } = await look(user);
    expect(answer).toMatchObject({ provider: 'SearXNG', failures: [{ code: 'search_rejected' }] });
    expect(calls.map(({ provider, payer, costMicroUsd }) => [provider, payer, costMicroUsd])).toEqual([
      ['brave', 'user', 0],
      ['searxng', 'instance', 0],
    ]);
    search.faults.searxng = (response) => {
      response.writeHead(403).end();
      return true;
    };
    const { answer: nobody } = await look(user);
    search.faults = {};
    expect(nobody).toMatchObject({
      code: 'search_rejected',
      message: expect.stringContaining('Your own key for Brave (…vvvv) was refused.'),
    });
    expect(search.sentKeys).not.toContain(braveKey);
    expect(search.sentKeys).not.toContain(tavilyKey);
    expect((await listed(user)).items).toMatchObject([{ status: 'rejected' }]);
  });
});

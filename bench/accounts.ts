import { eq } from 'drizzle-orm';
import { hashPassword } from '../src/accounts/passwords.ts';
import { users } from '../src/accounts/schema.ts';
import { closeContext, createContext, createHttpServer } from '../src/app.ts';
import { articleRoutes } from '../src/articles/routes.ts';
import type { AppContext } from '../src/context.ts';
import type { Guard } from '../src/http/access.ts';
import { createServer, type HttpServer } from '../src/http/server.ts';
import { createLogger } from '../src/logger.ts';
import {
  type BenchDatabase,
  noPostgres,
  openEmbeddedBench,
  openPostgresBench,
  postgresUrl,
} from './support/database.ts';
import { type Figure, figure, type Measure, type MeasureOptions, repeat, timed } from './support/measure.ts';

const password = 'a password to measure with';
const email = 'bench@example.com';
/** Requests that are timed as one: a single one is too short for the clock of a busy machine. */
const batch = 20;

/**
 * What it costs to know who asks. A read (a page of twenty articles, over real HTTP) with an access token, an API key
 * and the session cookie, against the same read on a server whose guard asks for nothing; and a whole log-in against one
 * computation of the password's hash, which is what makes it slow on purpose.
 */
export const accounts: Measure = async (options) => {
  const figures: Figure[] = [];
  if (postgresUrl) figures.push(...(await measure('PostgreSQL', await openPostgresBench(postgresUrl), options)));
  figures.push(...(await measure('embedded', await openEmbeddedBench(), options)));
  return { figures, notMeasured: postgresUrl ? [] : [`accounts on PostgreSQL: ${noPostgres}`] };
};

async function measure(
  name: string,
  { database, config, secrets, remove }: BenchDatabase,
  { quick }: MeasureOptions,
): Promise<Figure[]> {
  const limits = { ...config.accounts, authRequestsPerMinute: 1_000_000, requestsPerMinute: 1_000_000 };
  const ctx = await createContext({ ...config, accounts: limits }, secrets, createLogger('warn'), database);
  const guarded = await listening(await createHttpServer(ctx));
  const open = await listening(await createServer(ctx, { guard: openTo(ctx), api: [articleRoutes], open: [] }));
  try {
    const post = (path: string, body: object, headers: Record<string, string> = {}) =>
      fetch(`${guarded.address}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const logIn = async () => {
      const answer = await post('/auth/login', { email, password });
      if (!answer.ok) throw new Error(await answer.text());
      const { accessToken } = (await answer.json()) as { accessToken: string };
      return {
        accessToken,
        cookie: answer.headers
          .getSetCookie()
          .map((line) => line.split(';')[0])
          .join('; '),
      };
    };
    await post('/auth/register', { email, password });
    const { accessToken, cookie } = await logIn();
    const bearer = { authorization: `Bearer ${accessToken}` };
    const { key } = (await (await post('/api-keys', { name: 'bench', scopes: ['read'] }, bearer)).json()) as {
      key: string;
    };
    const article = { title: 'An article to read', markdown: 'Some words of it.\n\n'.repeat(200) };
    for (let i = 0; i < 20; i++) await post('/articles', article, bearer);

    const read = (address: string, headers: Record<string, string>) =>
      timed(async () => {
        for (let i = 0; i < batch; i++) {
          const answer = await fetch(`${address}/api/v1/articles?limit=20`, { headers });
          if (!answer.ok) throw new Error(await answer.text());
          await answer.arrayBuffer();
        }
      }).then((ms) => ms / batch);
    const rounds = quick ? 2 : 15;
    const reads = await repeat(rounds, async () => ({
      nobody: await read(open.address, {}),
      token: await read(guarded.address, bearer),
      key: await read(guarded.address, { authorization: `Bearer ${key}` }),
      cookie: await read(guarded.address, { cookie }),
    }));
    const logIns = await repeat(quick ? 2 : 20, async () => ({
      hash: await timed(() => hashPassword(password)),
      logIn: await timed(logIn),
    }));
    // The first round warms up: connections, compiled code, the signing keys.
    const warm = quick ? reads : reads.slice(1);
    const baseline = { what: 'the same read without a guard', values: warm.map((round) => round.nobody) };
    return [
      ...(['token', 'key', 'cookie'] as const).map((means) =>
        figure(
          `read with ${means === 'token' ? 'an access token' : means === 'key' ? 'an API key' : 'the cookie'}, ${name}`,
          'ms',
          warm.map((round) => round[means]),
          { baseline, aimRatio: 1.5 },
        ),
      ),
      figure(
        `log-in, ${name}`,
        'ms',
        logIns.map((round) => round.logIn),
        { baseline: { what: 'one argon2id hash', values: logIns.map((round) => round.hash) }, aimRatio: 1.2 },
      ),
    ];
  } finally {
    await guarded.server.close();
    await open.server.close();
    await closeContext(ctx);
    await remove();
  }
}

async function listening(server: HttpServer): Promise<{ server: HttpServer; address: string }> {
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  return { server, address };
}

/** A guard that lets everyone in as the account that is measured. */
function openTo(ctx: AppContext): Guard {
  let userId: string | null = null;
  return async (request) => {
    userId ??= (await ctx.db.select({ id: users.id }).from(users).where(eq(users.email, email)))[0]?.id ?? null;
    if (userId === null) throw new Error('the account that is measured is missing');
    request.userId = userId;
  };
}

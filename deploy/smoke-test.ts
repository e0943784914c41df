import { randomBytes } from 'node:crypto';

/*
 * node deploy/smoke-test.ts https://posts.example.com
 *
 * What a user does, on any instance that answers: signs up, has an article written by the offline writer (it costs nothing),
 * reads it, deletes it and the account. Prints one line per step; exit status 1 when one fails.
 *
 * Where accounts are by invitation or have to be confirmed by mail, it signs in instead, to an account made before:
 * SMOKE_EMAIL and SMOKE_PASSWORD. That account stays; only the article goes.
 */

/** How long an article may take, in milliseconds. Small machines wait for their turn. */
const articleMs = 120_000;
const requestMs = 20_000;

const address = process.argv[2]?.replace(/\/+$/, '');
if (!address || !/^https?:\/\//.test(address)) {
  console.error('usage: node deploy/smoke-test.ts https://posts.example.com');
  process.exit(2);
}
const { SMOKE_EMAIL, SMOKE_PASSWORD } = process.env;
const given = SMOKE_EMAIL && SMOKE_PASSWORD ? { email: SMOKE_EMAIL, password: SMOKE_PASSWORD } : null;
const account = given ?? {
  email: `smoke-${randomBytes(8).toString('hex')}@example.com`,
  password: randomBytes(18).toString('base64url'),
};
let token = '';

/** Sends a request and answers its JSON. Throws with the code and detail of a problem, never with what was sent. */
async function send(method: string, path: string, expected: number, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${address}/api/v1${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(requestMs),
  });
  const text = await answer.text();
  const json = isJson(answer) && text ? JSON.parse(text) : {};
  if (answer.status !== expected) {
    throw new Error(`${method} ${path} answered ${answer.status}${json.code ? ` ${json.code}: ${json.detail}` : ''}`);
  }
  return json;
}
const isJson = (answer: Response) => answer.headers.get('content-type')?.includes('json') === true;

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  try {
    await work();
    console.log(`ok      ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : String(error)}${cause}`);
    throw error;
  }
}

const source = {
  title: 'How bees find flowers',
  text: [
    'A honey bee visits between 50 and 100 flowers on one flight from the hive. Bees see ultraviolet light, which people cannot see. Many petals carry ultraviolet marks that lead to the nectar.',
    'When a forager comes back to the hive, it dances to show the others where the flowers are. The angle of the dance tells the direction relative to the sun. The length of the dance tells how far away the flowers are. Other bees follow the dancer closely in the dark hive.',
  ].join('\n\n'),
};

async function written(): Promise<string> {
  const { id } = await send('POST', '/pipelines', 202, {
    topic: `How bees find flowers (smoke test ${randomBytes(4).toString('hex')})`,
    sources: [source],
    words: { min: 100, max: 300 },
    model: 'offline',
    duplicates: 'allow',
    publish: 'none',
  });
  const end = performance.now() + articleMs;
  for (;;) {
    const pipeline = await send('GET', `/pipelines/${id}`, 200);
    const { status, articleId, error } = pipeline;
    if (status === 'succeeded' && typeof articleId === 'string') return articleId;
    if (status !== 'queued' && status !== 'running') {
      throw new Error(`the pipeline is ${status}: ${JSON.stringify(error ?? pipeline.waiting)}`);
    }
    if (performance.now() > end) throw new Error(`the pipeline is still ${status} after ${articleMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

let articleId = '';
try {
  await step(given ? 'sign in' : 'sign up', async () => {
    if (!given) await send('POST', '/auth/register', 201, account);
    const { accessToken } = await send('POST', '/auth/login', 200, account);
    token = String(accessToken);
  });
  try {
    await step('write an article offline', async () => {
      articleId = await written();
    });
    await step('read it', async () => {
      const { markdown } = await send('GET', `/articles/${articleId}`, 200);
      if (!String(markdown).includes('bee')) throw new Error('the article does not speak of its topic');
    });
    await step('delete it', async () => {
      await send('DELETE', `/articles/${articleId}`, 204);
      await send('GET', `/articles/${articleId}`, 404);
    });
  } finally {
    // Also after a failure: an account that nobody knows the password of would stay for ever.
    if (!given) await step('delete the account', () => send('DELETE', '/me', 204, { password: account.password }));
  }
} catch {
  // Its line stands above.
  process.exitCode = 1;
}

import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, type Client, client, givenAccount, goodPassword, logInAs } from '../../test/accounts.ts';
import {
  type IdField,
  idFieldsOf,
  type Operation,
  operationsOf,
  pathParametersOf,
  sampleOf,
  withField,
} from '../../test/api-description.ts';
import { forge, withAlgorithm } from '../../test/forged-tokens.ts';
import { startTestApp, type TestApp, testConfig } from '../../test/harness.ts';
import {
  digestOfUser,
  givenTenant,
  hiddenRoutes,
  idsOfUser,
  objectsOf,
  referencesAcross,
  type Tenant,
} from '../../test/tenant-wall.ts';
import { createModels } from '../llm/models.ts';

/**
 * Every operation that the server describes is tried as nobody and as another user, with each object of the first user
 * in each place where a request can name one. What is added to the API is tried without being added here.
 */
let app: TestApp;
let admin: Account;
let owner: Tenant;
let other: Tenant;
let operations: Operation[];

beforeAll(async () => {
  // Providers whose keys are checked are not to be had from here.
  const nowhere = 'http://127.0.0.1:9';
  const { config, secrets } = testConfig();
  const urls = { openai: nowhere, anthropic: nowhere, google: nowhere };
  app = await startTestApp({ overrides: { models: createModels(config, secrets, { urls }) } });
  operations = operationsOf(app.server.swagger());
  // The first account of an instance is its admin, who is not whom this is about.
  admin = await givenAccount(app, 'admin@example.com');
  await admin.api.ask('POST', '/admin/invitations', { email: 'invited@example.com' });
  owner = await givenTenant(app, 'owner');
  other = await givenTenant(app, 'other');
});
afterAll(() => app.close());

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const namesObjects = (operation: Operation) => pathParametersOf(operation).length > 0;
const guarded = () => operations.filter(({ access }) => access !== 'public');
/** An archive is asked for by POST because so many ids do not fit into an address. */
const isReading = ({ method, id }: Operation) => method === 'GET' || id === 'exportArticles';

/** Bodies that schema and sample cannot tell, because a rule in code asks for more. */
const bodies: Record<string, object> = {
  updateMe: { name: 'Another name' },
  updateSite: { name: 'Another name' },
  updatePublication: { options: {} },
  updateWebhook: { description: 'Another text' },
  updateUser: { requestsPerMinute: 100_000 },
  prepareTwoFactor: { password: goodPassword },
  createSchedule: { rule: { cron: '0 9 * * 1' } },
  previewRule: { rule: { cron: '0 9 * * 1' }, timeZone: 'UTC' },
  redriveAllFailures: { kind: 'webhook' },
  changeSlot: { slotAt: '2099-01-05T09:00:00Z', skip: true },
  reviseSelection: { action: 'shorten', selection: 'Flour and water. They are stirred.' },
  setPrices: { inputMicroUsd: 250_000, outputMicroUsd: 2_000_000 },
};

/** What is no JSON, with its type. */
const texts: Record<string, { type: string; text: string }> = {
  importTopics: { type: 'text/plain', text: 'Bread that nobody has written about' },
};

/** What asks a site before it answers: none is to be had from here, and to be told so is to be let through. */
const asksTheSite = ['connectSite', 'siteChoices', 'addSource'];
const toldOfSite = ({ id }: Operation, code: unknown) =>
  asksTheSite.includes(id) && ['site_rejected', 'fetch_blocked'].includes(String(code));

/** What stands in a path for a word that is the same for everyone. */
const wordsInPaths: Record<string, string> = {
  provider: 'google',
  revision: '1',
  slotAt: '2099-01-05T09:00:00Z',
};

/** The objects of a user that an operation could be about. */
async function objects(user: Account, kind: string, operation: Operation): Promise<string[]> {
  // Backups are of the instance.
  if (kind === 'backups') return ['latest'];
  // Prices are of the instance as well, and named by their model.
  if (kind === 'prices') return ['openai:gpt-5-mini'];
  // Invitations are of the instance: whoever sent them is its admin.
  const whose = kind === 'invitations' ? admin.id : user.id;
  return (await objectsOf(app.ctx.db, whose, kind, nameOf(operation))).slice(0, 5);
}

/** Sends an operation with `ids` in its path and, in each of its id fields, an object of `fieldsOf`. */
async function send(
  who: Client,
  operation: Operation,
  ids: string[],
  fields: [IdField, string][] = [],
  more: { query?: Record<string, string>; method?: 'HEAD'; headers?: Record<string, string> } = {},
) {
  const query = new URLSearchParams(more.query);
  for (const { name, in: place, schema } of operation.parameters) {
    if (place === 'query' && !query.has(name) && name === 'limit') query.set(name, String(schema.maximum ?? 100));
  }
  const plain = texts[operation.id];
  let body: unknown = plain
    ? plain.text
    : operation.body === null
      ? undefined
      : (bodies[operation.id] ?? sampleOf(operation.body));
  for (const [field, id] of fields) {
    const [name = ''] = field.path;
    if (field.in === 'query') query.set(name, id);
    else if (operation.body) body = withField(operation.body, body, field.path, field.many ? [id] : id);
  }
  let next = 0;
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => wordsInPaths[name] ?? ids[next++] ?? '');
  const url = query.size > 0 ? `${path}?${query}` : path;
  // A stream that lets someone in does not end by itself.
  const silence = new Promise<{
    status: number;
    json: null;
    text: string;
    bytes: Buffer;
    headers: Record<string, string>;
  }>((resolve) => {
    setTimeout(() => resolve({ status: 0, json: null, text: '', bytes: Buffer.alloc(0), headers: {} }), 20_000).unref();
  });
  const answer = await Promise.race([
    who.ask<Record<string, unknown> | null>(
      more.method ?? operation.method,
      url,
      body as object | undefined,
      plain ? { 'content-type': plain.type, ...more.headers } : more.headers,
    ),
    silence,
  ]);
  return {
    ...answer,
    text: textOf(answer) + JSON.stringify(answer.headers),
    sent: [...ids, ...fields.map(([, id]) => id)],
  };
}

/** What an answer says, also in an archive. */
function textOf({ text, bytes, headers }: { text: string; bytes: Buffer; headers: Record<string, unknown> }): string {
  if (headers['content-type'] !== 'application/zip') return text;
  return Object.entries(unzipSync(new Uint8Array(bytes)))
    .map(([name, content]) => `${name}\n${strFromU8(content)}`)
    .join('\n');
}

/** Every way in which a user can come: each of them has to stop at the same wall. */
const guises = (user: Tenant) => ({
  'access token': client(app, { authorization: `Bearer ${user.accessToken}` }),
  'session cookie': client(app, { cookie: user.cookie, origin: app.ctx.config.http.appUrl }),
  'API key': client(app, { authorization: `Bearer ${user.apiKey}`, 'x-account': owner.email }),
});
type Guise = keyof ReturnType<typeof guises>;

/** What an operation answers to another user, who names an object that is not theirs. */
function refusalOf(operation: Operation, guise: Guise): string {
  if (operation.access === 'user') return '404 not_found';
  if (guise === 'API key') return '403 insufficient_scope';
  return operation.access === 'person' ? '404 not_found' : '403 forbidden';
}

/** Every combination of the owner's objects in the path of an operation. */
async function pathsTo(user: Account, operation: Operation): Promise<string[][]> {
  let paths: string[][] = [[]];
  for (const { kind } of pathParametersOf(operation)) {
    const ids = await objects(user, kind, operation);
    paths = paths.flatMap((path) => ids.map((id) => [...path, id]));
  }
  return paths;
}

/** Paths that begin with what is one's own and go on to what is the owner's, or the other way round. */
async function mixedPaths(operation: Operation): Promise<string[][]> {
  const theirs = (await pathsTo(owner, operation))[0] ?? [];
  if (theirs.length < 2) return [];
  const own = (await pathsTo(other, operation))[0] ?? [];
  return theirs.map((id, position) => own.with(position, id));
}

async function ownFields(user: Account, operation: Operation, except?: IdField): Promise<[IdField, string][]> {
  const fields = idFieldsOf(operation).filter((field) => field.in === 'body' && field !== except);
  return Promise.all(
    fields.map(async (field): Promise<[IdField, string]> => {
      return [field, (await objects(user, field.kind, operation))[0] ?? ''];
    }),
  );
}

let secretsOfOwner: string[] = [];
/** The first of the owner's words and ids that stands in an answer although the request did not name it. */
function leaksIn({ text, sent }: { text: string; sent: string[] }): string[] {
  return secretsOfOwner.filter((secret) => text.includes(secret) && !sent.includes(secret)).slice(0, 1);
}

describe('the description of the API', () => {
  it('names the routes that the checked-in one names', () => {
    const file = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
    const routes = (list: Operation[]) => list.map((operation) => `${nameOf(operation)} ${operation.access}`).sort();
    expect(routes(operations)).toEqual(routes(operationsOf(JSON.parse(file))));
  });

  it('says of every route who may call it', () => {
    const known = ['public', 'user', 'person', 'admin'];
    expect(operations.filter(({ access }) => !known.includes(access ?? '')).map(nameOf)).toEqual([]);
  });

  it('lets nobody name an object on a public route', () => {
    const open = operations.filter((each) => each.access === 'public');
    const naming = open.filter((each) => pathParametersOf(each).length > 0 || idFieldsOf(each).length > 0);
    expect(naming.map(nameOf)).toEqual([]);
  });

  it('leaves out only what the command line alone may call', async () => {
    const hidden = hiddenRoutes(app.server.printRoutes({ commonPrefix: false }), new Set(operations.map(nameOf)));
    const failures: string[] = [];
    for (const route of hidden) {
      const [method, path = ''] = route.split(' ') as ['POST', string];
      for (const who of [client(app), admin.api, ...Object.values(guises(other))]) {
        const { status } = await who.ask(method, path.replaceAll(/\{\w+\}/g, crypto.randomUUID()), {});
        if (status !== 401 && status !== 403) failures.push(`${route}: ${status}`);
      }
    }
    expect(failures).toEqual([]);
    expect(hidden).toContain('POST /api/v1/operator/users');
  });
});

describe('the seed', () => {
  it('leaves nothing empty that belongs to users', async () => {
    const tables = Object.entries(await digestOfUser(app.ctx.db, owner.id));
    expect(tables.filter(([, { rows }]) => rows === 0).map(([table]) => table)).toEqual([]);
  });

  it('has an object for every place in which a request can name one', async () => {
    const named = guarded().flatMap((operation) =>
      [...pathParametersOf(operation), ...idFieldsOf(operation)].map(({ kind }) => ({ kind, operation })),
    );
    const missing: string[] = [];
    for (const { kind, operation } of named) {
      await objects(owner, kind, operation).catch((error: Error) => missing.push(error.message));
    }
    expect(missing).toEqual([]);
    expect(new Set(named.map(({ kind }) => kind)).size).toBeGreaterThan(7);
  });
});

describe('nobody', () => {
  it('is let in anywhere but through the public routes, whatever comes with the request', async () => {
    const { accessToken, cookie, revokedKey, expiredKey, endedAccessToken, refreshToken, email } = owner;
    const [cookieName = '', cookieValue = ''] = cookie.split('=');
    const [sessionToken = ''] = decodeURIComponent(cookieValue).split('.');
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    const wrong: Record<string, Record<string, string>> = {
      nothing: {},
      'an empty Bearer': { authorization: 'Bearer' },
      'two tokens': bearer(`${accessToken} ${accessToken}`),
      'the token without Bearer': { authorization: accessToken },
      'a password': { authorization: `Basic ${Buffer.from(`${email}:${goodPassword}`).toString('base64')}` },
      'a key that never was': bearer(`bp_${'A'.repeat(43)}`),
      'the beginning of a key': bearer(owner.apiKey.slice(0, -1)),
      'a revoked key': bearer(revokedKey),
      'an expired key': bearer(expiredKey),
      'a refresh token': bearer(refreshToken),
      'a token of an ended session': bearer(endedAccessToken),
      'a forged token': bearer(await forge(accessToken)),
      'a token without a signature': bearer(withAlgorithm(accessToken, 'none', () => '')),
      'half a token': bearer(accessToken.slice(0, accessToken.length / 2)),
      "a wrong operator's token": bearer(`bpo_${'A'.repeat(43)}`),
      "the operator's token through a proxy": { ...bearer(app.ctx.operatorToken), 'x-forwarded-for': '127.0.0.1' },
      "the operator's token under a name of the network": {
        ...bearer(app.ctx.operatorToken),
        host: 'posts.example.com',
      },
      'a session token without a signature': { cookie: `${cookieName}=${sessionToken}` },
      'a session with another signature': {
        cookie: `${cookieName}=${encodeURIComponent(`${sessionToken}.${'A'.repeat(43)}=`)}`,
      },
      'a session under another name': { cookie: `session=${cookieValue}` },
      'a good cookie and a wrong token': { cookie, ...bearer('x.y.z') },
    };
    const failures: string[] = [];
    const before = await digestOfUser(app.ctx.db, owner.id);
    for (const operation of guarded()) {
      const [ids = []] = await pathsTo(owner, operation);
      for (const [what, headers] of Object.entries(wrong)) {
        for (const method of operation.method === 'GET' ? ([undefined, 'HEAD'] as const) : [undefined]) {
          const { status, json } = await send(client(app, headers), operation, ids, [], method ? { method } : {});
          const refused = status === 401 && (method === 'HEAD' || json?.code === 'unauthenticated');
          if (!refused) failures.push(`${method ?? ''} ${nameOf(operation)} with ${what}: ${status} ${json?.code}`);
        }
      }
    }
    expect(failures).toEqual([]);
    expect(await digestOfUser(app.ctx.db, owner.id)).toEqual(before);
  });
});

describe('another user', () => {
  let before: Awaited<ReturnType<typeof digestOfUser>>;
  beforeAll(async () => {
    before = await digestOfUser(app.ctx.db, owner.id);
    secretsOfOwner = [...owner.markers, ...(await idsOfUser(app.ctx.db, owner.id))];
  });

  it("finds nothing of the owner's behind any path", async () => {
    const failures: string[] = [];
    for (const operation of guarded().filter((each) => pathParametersOf(each).length > 0)) {
      const fields = await ownFields(other, operation);
      for (const ids of [...(await pathsTo(owner, operation)), ...(await mixedPaths(operation))]) {
        for (const [guise, who] of Object.entries(guises(other))) {
          const answer = await send(who, operation, ids, fields);
          const got = `${answer.status} ${answer.json?.code}`;
          const wanted = refusalOf(operation, guise as Guise);
          if (got !== wanted) failures.push(`${nameOf(operation)} with ${guise}: ${got} instead of ${wanted}`);
          failures.push(...leaksIn(answer).map((leak) => `${nameOf(operation)} with ${guise} tells ${leak}`));
          if (operation.method !== 'GET') continue;
          const { status } = await send(who, operation, ids, fields, { method: 'HEAD' });
          if (!wanted.startsWith(String(status))) failures.push(`HEAD ${operation.path} with ${guise}: ${status}`);
        }
        if (operation.access === 'admin') continue;
        const { status, json } = await send(
          admin.api,
          operation,
          ids,
          fields.length > 0 ? await ownFields(owner, operation) : [],
        );
        if (status !== 404) failures.push(`${nameOf(operation)} as the admin: ${status} ${json?.code}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it("gets nowhere with an id of the owner's in any field", async () => {
    const failures: string[] = [];
    for (const operation of guarded()) {
      for (const field of idFieldsOf(operation)) {
        const [ids = []] =
          operation.access === 'admin' ? await pathsTo(owner, operation) : await pathsTo(other, operation);
        const rest = await ownFields(other, operation, field);
        for (const id of await objects(owner, field.kind, operation)) {
          for (const [guise, who] of Object.entries(guises(other))) {
            const answer = await send(who, operation, ids, [...rest, [field, id]]);
            const { status, json } = answer;
            const where = `${nameOf(operation)} with ${guise}, ${field.in} ${field.path.join('.')}`;
            failures.push(...leaksIn(answer).map((leak) => `${where} tells ${leak}`));
            const refused = ['404 not_found', '403 forbidden', '403 insufficient_scope'].includes(
              `${status} ${json?.code}`,
            );
            const items = json?.items;
            // A place in a list is only a place; what a filter finds has to be nothing.
            const harmless = Array.isArray(items) && (field.path[0] === 'cursor' || items.length === 0);
            if (!refused && !(operation.method === 'GET' && status === 200 && harmless)) {
              failures.push(`${where}: ${status} ${json?.code}`);
            }
          }
        }
      }
    }
    expect(failures).toEqual([]);
  });

  it('sees only what is theirs in every list and everything else that takes no id, with every filter', async () => {
    const failures: string[] = [];
    for (const operation of guarded().filter((each) => each.method === 'GET' && !namesObjects(each))) {
      const query = operation.parameters.filter((parameter) => parameter.in === 'query');
      const filters = query.flatMap(({ name, schema }) =>
        (schema.enum ?? []).map((value) => ({ [name]: String(value) })),
      );
      if (query.some(({ name }) => name === 'query'))
        filters.push({ query: owner.markers[0] ?? '' }, { query: 'zqowner' }, { query: '%' });
      for (const filter of [{}, ...filters]) {
        for (const [guise, who] of Object.entries(guises(other))) {
          const answer = await send(who, operation, [], [], { query: filter });
          const where = `${nameOf(operation)} ${JSON.stringify(filter)} with ${guise}`;
          failures.push(...leaksIn({ ...answer, sent: Object.values(filter) }).map((leak) => `${where} tells ${leak}`));
          const wanted =
            operation.access === 'user' || (operation.access === 'person' && guise !== 'API key') ? 200 : 403;
          if (answer.status !== wanted) failures.push(`${where}: ${answer.status}`);
        }
      }
    }
    expect(failures).toEqual([]);
  });

  it('changes only their own with everything that takes no id', async () => {
    const failures: string[] = [];
    const changing = guarded().filter((each) => each.method !== 'GET' && !namesObjects(each));
    for (const operation of changing) {
      // Some end the account or its sessions: each gets a fresh one.
      const email = `${crypto.randomUUID()}@example.com`;
      const account = await givenAccount(app, email);
      const key = await account.api.ask<{ key: string }>('POST', '/api-keys', {
        name: 'Key',
        scopes: ['read', 'write', 'publish'],
      });
      const { api: _api, ...sameUser } = { ...other, ...account, apiKey: key.json.key };
      for (const [guise, who] of Object.entries(guises({ ...sameUser, api: account.api }))) {
        const answer = await send(who, operation, []);
        const where = `${nameOf(operation)} with ${guise}`;
        failures.push(...leaksIn(answer).map((leak) => `${where} tells ${leak}`));
        const unasked = !toldOfSite(operation, answer.json?.code);
        if ((answer.status >= 500 && unasked) || answer.status === 0) failures.push(`${where}: ${answer.status}`);
        if (operation.access === 'admin' && answer.status !== 403) failures.push(`${where}: ${answer.status}`);
      }
    }
    expect(failures).toEqual([]);
    expect(changing.length).toBeGreaterThan(5);
  });

  it("gets no answer that was kept for a request of the owner's", async () => {
    const headers = { 'idempotency-key': owner.idempotencyKey };
    const answer = await other.api.ask<{ title: string }>(
      'POST',
      '/articles',
      { title: 'Mine', markdown: 'x' },
      headers,
    );
    expect(answer).toMatchObject({ status: 201, json: { title: 'Mine' } });
  });

  it('has changed nothing of the owner, nor tied anything to it', async () => {
    expect(await digestOfUser(app.ctx.db, owner.id)).toEqual(before);
    expect(await referencesAcross(app.ctx.db)).toEqual([]);
  });
});

describe('an admin', () => {
  it('sees what an account is and used, and nothing of what is in it', async () => {
    const inside = owner.markers.filter((marker) => !/^zqowner(mail|name|key)/.test(marker));
    const failures: string[] = [];
    for (const operation of operations.filter((each) => each.access === 'admin' && each.method === 'GET')) {
      const paths = await pathsTo(owner, operation);
      for (const ids of paths) {
        const answer = await send(admin.api, operation, ids);
        if (answer.status !== 200) failures.push(`${nameOf(operation)}: ${answer.status}`);
        for (const marker of inside)
          if (answer.text.includes(marker)) failures.push(`${nameOf(operation)} tells ${marker}`);
      }
    }
    expect(failures).toEqual([]);
  });
});

describe('a key', () => {
  const keyWith = async (...scopes: string[]) => {
    const { json } = await owner.api.ask<{ key: string }>('POST', '/api-keys', { name: scopes.join(), scopes });
    return client(app, { authorization: `Bearer ${json.key}` });
  };
  const refused = { status: 403, json: { code: 'insufficient_scope' } };

  it('that may only read changes nothing', async () => {
    const key = await keyWith('read');
    const failures: string[] = [];
    for (const operation of guarded().filter((each) => !isReading(each))) {
      const [ids = []] = await pathsTo(owner, operation);
      const { status, json } = await send(key, operation, ids, await ownFields(owner, operation));
      if (status !== 403 || json?.code !== 'insufficient_scope') failures.push(`${nameOf(operation)}: ${status}`);
    }
    expect(failures).toEqual([]);
    expect((await key.ask('GET', '/articles')).status).toBe(200);
  });

  it('that may not read reads nothing', async () => {
    const key = await keyWith('write', 'publish');
    const failures: string[] = [];
    for (const operation of guarded().filter(isReading)) {
      const [ids = []] = await pathsTo(owner, operation);
      const { status, json } = await send(key, operation, ids);
      if (status !== 403 || json?.code !== 'insufficient_scope') failures.push(`${nameOf(operation)}: ${status}`);
    }
    expect(failures).toEqual([]);
  });

  it('that may not publish brings nothing onto a site', async () => {
    const key = await keyWith('read', 'write');
    const publisher = await keyWith('write', 'publish');
    const byId = async (operationId: string) => {
      const operation = operations.find(({ id }) => id === operationId);
      if (!operation) throw new Error(`no operation ${operationId}`);
      return { operation, paths: await pathsTo(owner, operation), fields: await ownFields(owner, operation) };
    };
    for (const operationId of ['createPublication', 'retryPublication', 'approveArticle']) {
      const { operation, paths, fields } = await byId(operationId);
      for (const ids of paths) expect(await send(key, operation, ids, fields)).toMatchObject(refused);
      expect((await send(publisher, operation, paths[0] ?? [], fields)).status).not.toBe(403);
    }
    const [siteId] = await objectsOf(app.ctx.db, owner.id, 'sites', 'a key');
    const brief = { topic: 'Bread at night', siteId };
    for (const publish of ['draft', 'publish']) {
      expect(await key.ask('POST', '/pipelines', { ...brief, publish })).toMatchObject(refused);
      expect((await key.ask('POST', '/pipelines?dryRun=true', { ...brief, publish })).status).toBe(200);
      expect((await publisher.ask('POST', '/pipelines', { ...brief, publish })).status).toBe(202);
    }
    expect((await key.ask('POST', '/pipelines', { ...brief, publish: 'none' })).status).toBe(202);
    // The first two of the seed publish at their end, the third does not.
    const [draft, waiting, plain] = await objectsOf(app.ctx.db, owner.id, 'pipelines', 'a key');
    for (const action of ['retry', 'continue']) {
      for (const id of [draft, waiting])
        expect(await key.ask('POST', `/pipelines/${id}/${action}`, {})).toMatchObject(refused);
      expect(await key.ask('POST', `/pipelines/${plain}/${action}`, {})).toMatchObject({
        json: { code: 'invalid_state' },
      });
    }
    expect(await key.ask('POST', `/pipelines/${draft}/retry`, { fromStep: 'publish' })).toMatchObject(refused);
    expect(await other.api.ask('POST', `/pipelines/${draft}/retry`, {})).toMatchObject({ status: 404 });
  });
});

/** What is the instance's own is the same for everyone; usage and counts are numbers; a preview is times. */
const numbersOrTheInstances = [
  'listSearchProviders',
  'listModels',
  'listWebhookEventTypes',
  'getImageSettings',
  'getImageStorage',
  'getUsageLimits',
  'getUsage',
  'getUsageCsv',
  'previewSchedule',
  'countTopics',
  'countFailures',
];

// Last, because it changes and deletes what the others look at.
describe('the owner', () => {
  it('is let through with the same requests, so that it was the wall that stopped the others', async () => {
    const failures: string[] = [];
    // What is part of something goes before it.
    const deletesLast = ({ method, id, path }: Operation) =>
      id === 'deleteMe' ? 3 : method === 'DELETE' ? 2 + 1 / path.split('/').length : method === 'GET' ? 0 : 1;
    const reachable = guarded().filter(
      (each) => each.method === 'GET' || pathParametersOf(each).length > 0 || idFieldsOf(each).length > 0,
    );
    for (const operation of reachable.sort((a, b) => deletesLast(a) - deletesLast(b))) {
      const user = operation.access === 'admin' ? admin : owner;
      const fields = await ownFields(owner, operation);
      const statuses: number[] = [];
      let shown = '';
      for (const ids of await pathsTo(owner, operation)) {
        const answer = await send(user.api, operation, ids, fields);
        statuses.push(toldOfSite(operation, answer.json?.code) ? 200 : answer.status);
        shown += answer.text;
        // One that is in the state that it takes is enough; a stream of one that waits would not end.
        if (answer.status < 300) break;
      }
      if (statuses.every((status) => [0, 401, 403, 404, 422].includes(status) || status >= 500)) {
        failures.push(`${nameOf(operation)}: ${statuses}`);
      }
      if (operation.method !== 'GET') continue;
      if (
        operation.access !== 'admin' &&
        !numbersOrTheInstances.includes(operation.id) &&
        !asksTheSite.includes(operation.id) &&
        !secretsOfOwner.some((secret) => shown.includes(secret))
      ) {
        failures.push(`${nameOf(operation)} shows nothing of its owner's, so it could not be seen to tell it`);
      }
      for (const field of idFieldsOf(operation).filter(({ path }) => path[0] !== 'cursor')) {
        let found = 0;
        for (const id of await objects(owner, field.kind, operation)) {
          const { json } = await send(user.api, operation, [], [[field, id]]);
          found += Array.isArray(json?.items) ? json.items.length : Object.values(json ?? {}).filter(Boolean).length;
        }
        if (found === 0) failures.push(`${nameOf(operation)} finds nothing by ${field.path.join('.')}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it('takes everything along in the end', async () => {
    const fresh = await logInAs(app, owner.email, goodPassword);
    await app.ctx.db.execute("update publications set status = 'cancelled'");
    expect((await fresh.api.ask('DELETE', '/me', { password: goodPassword })).status).toBe(204);
    const left = Object.entries(await digestOfUser(app.ctx.db, owner.id)).filter(([, { rows }]) => rows > 0);
    // What was done to the account outlives it.
    expect(left.map(([table]) => table)).toEqual(['audit_events']);
  });
});

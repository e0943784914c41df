import type { InjectOptions } from 'fastify';
import type { TestApp } from './harness.ts';

type Method = NonNullable<InjectOptions['method']>;

/** Someone who uses the API of a test application. */
export interface Client {
  /** Sends a request; the answer with its status, its JSON (null when empty or something else), its text and its headers. */
  ask<Answer = Record<string, unknown>>(
    method: Method,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<{
    status: number;
    json: Answer;
    text: string;
    bytes: Buffer;
    headers: Record<string, string | string[] | number | undefined>;
  }>;
}

/** A client that sends `headers` with every request; without an authorization it is nobody. */
export function client(app: TestApp, headers: Record<string, string> = {}): Client {
  return {
    async ask<Answer>(method: Method, path: string, body?: object, more: Record<string, string> = {}) {
      const answer = await app.send({
        method,
        url: path.startsWith('/api/') ? path : `/api/v1${path}`,
        headers: { ...headers, ...more },
        ...(body === undefined ? {} : { payload: body }),
      });
      const json = answer.body && answer.headers['content-type']?.toString().includes('json') ? answer.json() : null;
      return {
        status: answer.statusCode,
        json: json as Answer,
        text: answer.body,
        bytes: answer.rawPayload,
        headers: answer.headers,
      };
    },
  };
}

export interface Account {
  id: string;
  email: string;
  password: string;
  accessToken: string;
  refreshToken: string;
  /** The session cookie, as a browser sends it. */
  cookie: string;
  /** Uses the access token. */
  api: Client;
}

export const goodPassword = 'a long enough passphrase';

/** An account that has registered, confirmed its address where that is asked for, and logged in. */
export async function givenAccount(app: TestApp, email: string, password = goodPassword): Promise<Account> {
  const nobody = client(app);
  const registered = await nobody.ask('POST', '/auth/register', { email, password });
  if (registered.status !== 201) throw new Error(`not registered: ${JSON.stringify(registered.json)}`);
  return logInAs(app, email, password);
}

/** Logs in with a password. */
export async function logInAs(app: TestApp, email: string, password: string, code?: string): Promise<Account> {
  const answer = await client(app).ask<{ accessToken: string; refreshToken: string; user: { id: string } }>(
    'POST',
    '/auth/login',
    { email, password, ...(code ? { code } : {}) },
  );
  if (answer.status !== 200) throw new Error(`not logged in: ${JSON.stringify(answer.json)}`);
  const { accessToken, refreshToken, user } = answer.json;
  return {
    id: user.id,
    email,
    password,
    accessToken,
    refreshToken,
    cookie: cookieOf(answer.headers['set-cookie']),
    api: client(app, { authorization: `Bearer ${accessToken}` }),
  };
}

/** What a browser sends back of the cookies that it was given. */
export function cookieOf(setCookie: string | string[] | number | undefined): string {
  return [setCookie ?? []]
    .flat()
    .map((line) => String(line).split(';')[0])
    .join('; ');
}

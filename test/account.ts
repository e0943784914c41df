/** The account that tests work as on a server in a process of its own; on an embedded one it takes over the sample. */
export const tester = { email: 'tester@example.com', password: 'correct horse battery staple' };

/** The last access token that a server gave; another server on the same data takes it too. */
let latest: string | null = null;

/** Sends a request as {@link tester}, who registers and logs in when the server does not know the token (yet). */
export async function fetchAs(url: string, init: RequestInit = {}): Promise<Response> {
  const send = (token: string) =>
    fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  if (latest !== null) {
    const answer = await send(latest);
    if (answer.status !== 401) return answer;
    await answer.arrayBuffer();
  }
  latest = await logIn(new URL(url).origin);
  return send(latest);
}

async function logIn(origin: string): Promise<string> {
  const post = (path: string, body: object) =>
    fetch(`${origin}/api/v1/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const first = await post('login', tester);
  if (first.ok) return tokenOf(first);
  await post('register', tester);
  const second = await post('login', tester);
  if (!second.ok) throw new Error(`${origin} lets nobody in: ${second.status} ${await second.text()}`);
  return tokenOf(second);
}

const tokenOf = async (answer: Response) => ((await answer.json()) as { accessToken: string }).accessToken;

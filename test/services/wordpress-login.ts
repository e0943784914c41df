import { expect } from 'vitest';
import { z } from 'zod';
import type { WordPressClient } from '../../src/wordpress/client.ts';
import { needed } from './environment.ts';

/** Both real sites with the password that their administrator logs in with. */
export const sitesWithLogin = [1, 2].map((number) => ({
  number,
  url: needed(`TEST_WP${number}_URL`),
  user: needed(`TEST_WP${number}_USER`),
  loginPassword: needed(`TEST_WP${number}_LOGIN_PASSWORD`),
}));

/** Someone's browser at a site: keeps its cookies, follows nothing by itself. */
function browserAt(origin: string) {
  const cookies = new Map<string, string>();
  return async (path: string, form?: Record<string, string>) => {
    const answer = await fetch(new URL(path, origin), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() };
  };
}

/** Logs in at the site and answers the question of its page; returns where WordPress sends the browser. */
export async function answerAt(
  { url, user, loginPassword }: { url: string; user: string; loginPassword: string },
  authorizeUrl: string,
  answer: 'approve' | 'reject',
) {
  const browse = browserAt(url);
  await browse('/wp-login.php');
  const login = { log: user, pwd: loginPassword, 'wp-submit': 'Log In', testcookie: '1', redirect_to: authorizeUrl };
  const { status, location } = await browse('/wp-login.php', login);
  expect({ status, location }).toEqual({ status: 302, location: authorizeUrl });
  const page = await browse(authorizeUrl);
  expect(page.status).toBe(200);
  // What the form of the page would send.
  const [form = ''] = /<form[^>]*authorize-application\.php[\s\S]*?<\/form>/.exec(page.text) ?? [];
  const fields: Record<string, string> = {};
  for (const [input] of form.matchAll(/<input[^>]*>/g)) {
    const [name, value] = ['name', 'value'].map((part) => new RegExp(`\\b${part}=["']([^"']*)`).exec(input)?.[1]);
    if (name && !/submit/i.test(input)) fields[name] = (value ?? '').replaceAll('&#038;', '&').replaceAll('&amp;', '&');
  }
  expect(Object.keys(fields)).toContain('_wpnonce');
  const sent = await browse('/wp-admin/authorize-application.php', { ...fields, [answer]: 'yes' });
  expect(sent.status).toBe(302);
  return sent.location;
}

/** The sites are shared: the password that a client was handed is taken back, and no other one. */
export async function revokeHandedOut(client: Pick<WordPressClient, 'call'>): Promise<void> {
  const { json } = await client.call('GET', '/wp/v2/users/me/application-passwords/introspect');
  const { uuid } = z.object({ uuid: z.uuid(), name: z.literal('blog-poster') }).parse(json);
  await client.call('DELETE', `/wp/v2/users/me/application-passwords/${uuid}`);
}

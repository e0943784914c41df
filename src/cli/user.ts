import { z } from 'zod';
import { adminUserSchema } from '../accounts/admin.ts';
import { userSchema } from '../accounts/present.ts';
import { AppError } from '../errors.ts';
import type { Api } from './api.ts';
import { type Io, print, table } from './io.ts';
import { askHidden, readAll } from './password.ts';
import { formatUsd } from './report.ts';
import { openSession } from './session.ts';

type UserAnswer = z.infer<typeof adminUserSchema>;

const page = z.object({ items: z.array(adminUserSchema), nextCursor: z.string().nullable() });

async function allUsers(api: Api): Promise<UserAnswer[]> {
  const users: UserAnswer[] = [];
  let cursor: string | null = null;
  do {
    const next: z.infer<typeof page> = await api.request(
      'GET',
      `/admin/users?limit=100${cursor ? `&cursor=${cursor}` : ''}`,
      page,
    );
    users.push(...next.items);
    cursor = next.nextCursor;
  } while (cursor);
  return users;
}

/** Makes an account; the password comes from the terminal or through standard input, never as an argument. */
export async function createUser(
  io: Io,
  options: { email: string; name?: string; admin?: boolean; passwordStdin?: boolean; json?: boolean },
): Promise<number> {
  // A file or an echo ends in a line break that is no part of the password.
  const password = options.passwordStdin
    ? (await readAll(io.stdin)).replace(/\r?\n$/, '')
    : await askHidden(io, `Password of ${options.email}: `);
  const session = await openSession(io, { work: false });
  try {
    const user = await session.api.request('POST', '/operator/users', userSchema, {
      email: options.email,
      name: options.name ?? options.email.split('@')[0],
      password,
      admin: options.admin ?? false,
    });
    print(io, options.json, user, () => [`Made ${user.role === 'admin' ? 'the admin' : 'the account'} ${user.email}.`]);
    return 0;
  } finally {
    await session.close();
  }
}

/** Prints the accounts with what they used. */
export async function listUsers(io: Io, options: { json?: boolean }): Promise<number> {
  const session = await openSession(io, { work: false });
  try {
    const users = await allUsers(session.api);
    print(io, options.json, { items: users }, () =>
      users.length === 0
        ? ['No accounts yet. Make one: user create --email you@example.com --admin']
        : table(
            ['ADDRESS', 'NAME', 'ROLE', 'STATUS', 'ARTICLES', 'SPENT', 'OF', 'LAST SEEN'],
            users.map((user) => [
              user.email,
              user.name,
              user.role,
              user.disabled ? 'disabled' : user.emailVerified ? 'confirmed' : 'not confirmed',
              String(user.usage.articles),
              formatUsd(user.usage.spentThisMonthMicroUsd),
              formatUsd(user.monthlyLimit.microUsd),
              user.lastSeenAt?.slice(0, 16).replace('T', ' ') ?? '-',
            ]),
          ),
    );
    return 0;
  } finally {
    await session.close();
  }
}

/** Disables, enables or limits the account with an address, or turns its second factor off. Throws `not_found`. */
export async function changeUser(
  io: Io,
  email: string,
  change: Record<string, boolean | number | null>,
  options: { json?: boolean },
): Promise<number> {
  const session = await openSession(io, { work: false });
  try {
    const wanted = email.trim().toLowerCase();
    const found = (await allUsers(session.api)).find((user) => user.email === wanted);
    if (!found) {
      throw new AppError('not_found', `There is no account ${email}.`, { hint: 'See them with: user list' });
    }
    const user = await session.api.request('PATCH', `/admin/users/${found.id}`, adminUserSchema, change);
    print(io, options.json, user, () => [`${user.email}: ${Object.keys(change).map(sentences(user)).join(', ')}.`]);
    return 0;
  } finally {
    await session.close();
  }
}

/** A number, or that of the instance. */
type Limit = number | 'default';

/** Dollars as integer micro-dollars, as the API takes them. */
const microUsd = (dollars: Limit | undefined): Limit | undefined =>
  typeof dollars === 'number' ? Math.round(dollars * 1_000_000) : dollars;

/** Sets the limits that were given. Throws `invalid_request` when none was. */
export async function limitUser(
  io: Io,
  email: string,
  options: {
    requests?: Limit;
    concurrent?: Limit;
    queued?: Limit;
    articles?: Limit;
    dollars?: Limit;
    articleDollars?: Limit;
    json?: boolean;
  },
): Promise<number> {
  const given: [string, Limit | undefined][] = [
    ['requestsPerMinute', options.requests],
    ['concurrentPipelines', options.concurrent],
    ['queuedPipelines', options.queued],
    ['articlesPerMonth', options.articles],
    ['monthlyLimitMicroUsd', microUsd(options.dollars)],
    ['pipelineLimitMicroUsd', microUsd(options.articleDollars)],
  ];
  const change = Object.fromEntries(
    given.flatMap(([name, limit]) => (limit === undefined ? [] : [[name, limit === 'default' ? null : limit]])),
  );
  if (Object.keys(change).length === 0) {
    throw new AppError('invalid_request', 'No limit was given.', {
      hint: 'For example: user limit someone@example.com --articles 50 --dollars 5',
    });
  }
  return changeUser(io, email, change, options);
}

const sentences =
  (user: UserAnswer) =>
  (name: string): string => {
    if (name === 'monthlyLimitMicroUsd') return monthlyLimitSentence(user);
    if (name === 'twoFactorEnabled')
      return 'the second factor is off; the password alone is asked for, and a mail says so';
    if (name === 'disabled') return user.disabled ? 'disabled; everything of it has stopped' : 'enabled';
    if (name === 'pipelineLimitMicroUsd') {
      const { pipelineLimitMicroUsd } = user.limits;
      return pipelineLimitMicroUsd === null
        ? 'no limit for one article'
        : `up to ${formatUsd(pipelineLimitMicroUsd)} for one article`;
    }
    const value = user.limits[name as keyof UserAnswer['limits']];
    const names: Record<string, string> = {
      requestsPerMinute: 'requests a minute',
      concurrentPipelines: 'pipelines at a time',
      queuedPipelines: 'pipelines that wait',
      articlesPerMonth: 'articles a month',
    };
    return value === null ? `${names[name]} as the instance has it` : `${value} ${names[name]}`;
  };

/** What the instance pays from now on, and what that means where as much is spent already. */
function monthlyLimitSentence({ limits, monthlyLimit, usage }: UserAnswer): string {
  const { microUsd, reached } = monthlyLimit;
  const paid = microUsd === 0 ? 'nothing is paid' : `up to ${formatUsd(microUsd)} a month`;
  const whose = limits.monthlyLimitMicroUsd === null ? `${paid}, as the instance has it` : paid;
  if (!reached || microUsd === 0) return whose;
  return `${whose} (${formatUsd(usage.spentThisMonthMicroUsd)} is spent already: calls under way end, nothing new is paid this month)`;
}

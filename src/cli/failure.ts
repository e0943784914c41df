import { z } from 'zod';
import { AppError } from '../errors.ts';
import { failureGroupSchema } from '../failures/admin.ts';
import { failureSchema } from '../failures/present.ts';
import { redrivenSchema } from '../failures/redrive.ts';
import { clip, type Io, print, table } from './io.ts';
import { openSession, type Session, sayUnattended } from './session.ts';

interface Options {
  account?: string;
  json?: boolean;
  kind?: string;
}
/** Of all accounts, for whoever runs the instance. */
interface OperatorOptions extends Options {
  allAccounts?: boolean;
  code?: string;
  since?: string;
}

const page = z.object({ items: z.array(failureSchema), nextCursor: z.string().nullable() });
const redriven = z.object({ items: z.array(redrivenSchema), redriven: z.number(), more: z.boolean() });
const groups = z.object({ items: z.array(failureGroupSchema), total: z.number(), moreGroups: z.number() });
const redrivenForAll = z.object({
  redriven: z.number(),
  unchanged: z.number(),
  refused: z.number(),
  refusals: z.record(z.string(), z.number()),
  more: z.boolean(),
});
const titleWidth = 50;
const causeWidth = 80;

/** `failure list`: what ended failed, of one account or, with what is in it left out, of all. */
export async function listFailures(io: Io, options: OperatorOptions & { dismissed?: boolean }): Promise<number> {
  return withSession(io, options, async ({ api }) => {
    if (options.allAccounts) {
      const answer = await api.request(
        'GET',
        `/admin/failures?${query({ ...filterOf(options), limit: '100' })}`,
        groups,
      );
      print(io, options.json, answer, () => groupLines(answer));
      return;
    }
    refuseOperatorOptions(options);
    const items: z.infer<typeof failureSchema>[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const search = query({
        limit: '100',
        ...(options.kind ? { kind: options.kind } : {}),
        ...(options.dismissed ? { dismissed: 'true' } : {}),
        ...(cursor ? { cursor } : {}),
      });
      const next: z.infer<typeof page> = await api.request('GET', `/failures?${search}`, page);
      items.push(...next.items);
      cursor = next.nextCursor;
    }
    print(io, options.json, { items }, () =>
      items.length === 0
        ? ['Nothing has failed.']
        : table(
            ['ID', 'KIND', 'FAILED', 'TRIES', 'TITLE', 'CAUSE', 'WHAT TO DO'],
            items.map((item) => [
              item.id,
              item.kind,
              minute(item.failedAt),
              String(item.attempts),
              clip(item.title, titleWidth),
              clip(item.error.message, causeWidth),
              item.whatToDo,
            ]),
          ),
    );
  });
}

/** `failure redrive`: tries some, all of a kind or all again; with --all-accounts those of everyone with one cause. */
export async function redriveFailures(
  io: Io,
  ids: string[],
  options: OperatorOptions & { all?: boolean },
): Promise<number> {
  return withSession(io, options, async (session) => {
    const { api } = session;
    if (options.allAccounts) {
      if (ids.length > 0 || options.all) {
        throw new AppError('invalid_request', 'With --all-accounts nothing is named one by one.', {
          hint: 'Say which: --code model_unavailable, --kind pipeline, --since 2h.',
        });
      }
      const total = { redriven: 0, unchanged: 0, refused: 0, refusals: {} as Record<string, number> };
      for (let more = true; more; ) {
        const answer = await api.request('POST', '/admin/failures/redrive', redrivenForAll, filterOf(options));
        total.redriven += answer.redriven;
        total.unchanged += answer.unchanged;
        total.refused += answer.refused;
        for (const [code, count] of Object.entries(answer.refusals)) {
          total.refusals[code] = (total.refusals[code] ?? 0) + count;
        }
        // What is refused stays where it is: it would come again and again.
        more = answer.more && answer.redriven > 0;
      }
      print(io, options.json, total, () => [
        `${total.redriven} tried again.`,
        ...(total.refused > 0 ? [`${total.refused} refused: ${words(total.refusals)}.`] : []),
      ]);
      if (total.redriven > 0) sayUnattended(io, session);
      return;
    }
    refuseOperatorOptions(options);
    const answer = await api.request('POST', '/failures/redrive', redriven, choiceOf(ids, options));
    print(io, options.json, answer, () => [
      `${answer.redriven} tried again.`,
      ...answer.items.flatMap(({ id, error }) => (error ? [`${id}: ${error.message} ${error.hint}`] : [])),
      ...(answer.more ? ['There are more: run it again.'] : []),
    ]);
    if (answer.redriven > 0) sayUnattended(io, session);
  });
}

/** `failure dismiss`: puts some, all of a kind or all aside, or with --undo back. */
export async function dismissFailures(
  io: Io,
  ids: string[],
  options: Options & { all?: boolean; undo?: boolean },
): Promise<number> {
  return withSession(io, options, async ({ api }) => {
    const path = options.undo ? '/failures/undismiss' : '/failures/dismiss';
    const answer = await api.request('POST', path, z.object({ changed: z.number() }), choiceOf(ids, options));
    print(io, options.json, answer, () => [`${answer.changed} ${options.undo ? 'taken back' : 'put aside'}.`]);
  });
}

function choiceOf(ids: string[], { kind, all }: { kind?: string; all?: boolean }): object {
  const choices = [...(ids.length > 0 ? [{ ids }] : []), ...(kind ? [{ kind }] : []), ...(all ? [{ all: true }] : [])];
  const [choice] = choices;
  if (choice && choices.length === 1) return choice;
  throw new AppError('invalid_request', 'Say which: ids, or --kind, or --all.', {
    hint: 'List them with their ids: failure list',
  });
}

function filterOf({ kind, code, since }: OperatorOptions): Record<string, string> {
  return { ...(kind ? { kind } : {}), ...(code ? { code } : {}), ...(since ? { since: sinceOf(since) } : {}) };
}

const spans: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "90m", "2h" and "3d" before now, or a moment. Throws `invalid_request`. */
function sinceOf(text: string): string {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count) return new Date(Date.now() - Number(count) * (spans[unit] ?? 0)).toISOString();
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return text;
  throw new AppError('invalid_request', `--since: "${text}" is no time.`, {
    hint: 'For example 90m, 2h, 3d or 2026-11-24T03:00:00Z.',
  });
}

function refuseOperatorOptions({ code, since }: OperatorOptions): void {
  if (code === undefined && since === undefined) return;
  throw new AppError('invalid_request', '--code and --since go with --all-accounts.');
}

function groupLines({ items, total, moreGroups }: z.infer<typeof groups>): string[] {
  if (items.length === 0) return ['Nothing has failed.'];
  return [
    ...table(
      ['COUNT', 'KIND', 'CODE', 'ACCOUNT', 'OLDEST', 'NEWEST'],
      items.map((item) => [
        String(item.count),
        item.kind,
        item.code,
        item.email ?? '-',
        minute(item.oldestAt),
        minute(item.newestAt),
      ]),
    ),
    `${total} in all${moreGroups > 0 ? `; ${moreGroups} more lines are not shown` : ''}.`,
  ];
}

const minute = (time: string) => time.slice(0, 16).replace('T', ' ');
const words = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([code, count]) => `${code} (${count})`)
    .join(', ');
const query = (parts: Record<string, string>) => new URLSearchParams(parts).toString();

async function withSession(io: Io, options: Options, work: (session: Session) => Promise<void>): Promise<number> {
  const session = await openSession(io, { work: false, account: options.account });
  try {
    await work(session);
    return 0;
  } finally {
    await session.close();
  }
}

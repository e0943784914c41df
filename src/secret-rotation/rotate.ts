import { asc, eq, gt, isNotNull, notInArray, sql } from 'drizzle-orm';
import { resealOfAuth } from '../accounts/auth.ts';
import { sessions, signingKeys, twoFactors, verifications } from '../accounts/schema.ts';
import type { Db } from '../db/open.ts';
import { AppError } from '../errors.ts';
import { resealAnswer } from '../http/idempotency.ts';
import { idempotencyKeys } from '../http/schema.ts';
import { resealContent } from '../notify/content.ts';
import { emails } from '../notify/schema.ts';
import { providerKeys } from '../provider-keys/schema.ts';
import { resealKey } from '../provider-keys/secrets.ts';
import type { SecretChange } from '../secret-box.ts';
import { resealCredential } from '../sites/credentials.ts';
import { sites } from '../sites/schema.ts';
import { webhooks } from '../webhooks/schema.ts';
import { resealSecrets } from '../webhooks/secrets.ts';

/** What is encrypted under APP_SECRET. */
export const sealedKinds = ['site', 'webhook', 'own key', 'mail', 'kept answer', 'second factor'] as const;
export type SealedKind = (typeof sealedKinds)[number];

/** What a change of the secret did. */
export interface RotationReport {
  /** How many of each kind were encrypted anew. */
  moved: Record<SealedKind, number>;
  /** How many were under the new secret already. */
  already: number;
  /** What is under neither secret, or damaged, and was left as it is. */
  unreadable: { kind: SealedKind; id: string; name: string; reason: string }[];
  /** How many were signed in and are not any more; null when nothing was changed, and so nobody was signed out. */
  sessionsEnded: number | null;
}

/** Rows that are held in memory at a time. */
const pageSize = 200;

/**
 * Encrypts everything that is encrypted under one APP_SECRET anew under another, in one transaction: after a crash either
 * all of it is under the new one or nothing. What is under the new one already is left alone, so it can run again.
 *
 * Sessions and the keys that sign access tokens are not carried over but ended: cookies are signed with the secret, and
 * whoever has learnt the old one and the database could go on to sign tokens with those keys. API keys are kept as
 * digests without a secret, and go on.
 *
 * @param trusted true when `from` is known to be the secret that was used: then what it cannot read is simply unreadable
 * @throws AppError secret_unreadable when `from` reads nothing of what is not under `to`; then nothing was changed
 */
export async function rotateSecret(
  db: Db,
  change: SecretChange,
  { trusted }: { trusted: boolean },
): Promise<RotationReport> {
  return db.transaction(async (tx) => {
    // One change at a time.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('blog-poster: change of the secret'))`);
    const report: RotationReport = {
      moved: { site: 0, webhook: 0, 'own key': 0, mail: 0, 'kept answer': 0, 'second factor': 0 },
      already: 0,
      unreadable: [],
      sessionsEnded: null,
    };
    await moveSites(tx, change, report);
    await moveWebhooks(tx, change, report);
    await moveProviderKeys(tx, change, report);
    await moveEmails(tx, change, report);
    await moveAnswers(tx, change, report);
    await moveSecondFactors(tx, change, report);
    const signing = await sortSigningKeys(tx, change);
    const moved = Object.values(report.moved).some((count) => count > 0) || signing.old > 0;
    if (!moved && report.unreadable.length > 0 && !(trusted && report.already > 0)) throw nothingReadable(report);
    if (moved) {
      await tx
        .delete(signingKeys)
        .where(signing.kept.length > 0 ? notInArray(signingKeys.id, signing.kept) : undefined);
      await tx.delete(verifications);
      report.sessionsEnded = (await tx.delete(sessions).returning({ id: sessions.id })).length;
    }
    return report;
  });
}

function nothingReadable({ unreadable }: RotationReport): AppError {
  const what = countKinds(unreadable.map(({ kind }) => kind));
  return new AppError(
    'secret_unreadable',
    `Nothing was changed: ${what} can be read neither with the present secret nor with the previous one.`,
    {
      hint: 'Set APP_SECRET_PREVIOUS to what APP_SECRET was before. What an even older one encrypted has to be entered anew.',
    },
  );
}

/** `3 sites, 1 own key`. */
export function countKinds(kinds: readonly SealedKind[]): string {
  const counts = sealedKinds.map((kind) => [kind, kinds.filter((each) => each === kind).length] as const);
  return counts
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}${count === 1 ? '' : 's'}`)
    .join(', ');
}

/** Carries one thing over and counts what became of it. */
async function move<Columns>(
  report: RotationReport,
  thing: { kind: SealedKind; id: string; name: string },
  reseal: () => Columns | null | Promise<Columns | null>,
  save: (columns: Columns) => PromiseLike<unknown>,
): Promise<void> {
  let columns: Columns | null;
  try {
    columns = await reseal();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'secret_unreadable') throw error;
    report.unreadable.push({ ...thing, reason: error.message });
    return;
  }
  if (columns === null) report.already++;
  else {
    await save(columns);
    report.moved[thing.kind]++;
  }
}

/** The pages of a table by id; each row is locked until the end of the transaction. */
async function* pages<Row extends { id: string }>(read: (after: string) => PromiseLike<Row[]>): AsyncGenerator<Row> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await read(after);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = last.id;
  }
}

async function moveSites(tx: Db, change: SecretChange, report: RotationReport): Promise<void> {
  const rows = pages((after) =>
    tx.select().from(sites).where(gt(sites.id, after)).orderBy(asc(sites.id)).limit(pageSize).for('update'),
  );
  for await (const site of rows) {
    await move(
      report,
      { kind: 'site', id: site.id, name: site.name },
      () => resealCredential(change, site),
      (columns) => tx.update(sites).set(columns).where(eq(sites.id, site.id)),
    );
  }
}

async function moveWebhooks(tx: Db, change: SecretChange, report: RotationReport): Promise<void> {
  const rows = pages((after) =>
    tx.select().from(webhooks).where(gt(webhooks.id, after)).orderBy(asc(webhooks.id)).limit(pageSize).for('update'),
  );
  for await (const webhook of rows) {
    await move(
      report,
      { kind: 'webhook', id: webhook.id, name: webhook.url },
      () => resealSecrets(change, webhook),
      (columns) => tx.update(webhooks).set(columns).where(eq(webhooks.id, webhook.id)),
    );
  }
}

async function moveProviderKeys(tx: Db, change: SecretChange, report: RotationReport): Promise<void> {
  const { id } = providerKeys;
  const rows = pages((after) =>
    tx.select().from(providerKeys).where(gt(id, after)).orderBy(asc(id)).limit(pageSize).for('update'),
  );
  for await (const key of rows) {
    await move(
      report,
      { kind: 'own key', id: key.id, name: `${key.provider} …${key.ending}` },
      () => resealKey(change, key),
      (columns) => tx.update(providerKeys).set(columns).where(eq(id, key.id)),
    );
  }
}

async function moveEmails(tx: Db, change: SecretChange, report: RotationReport): Promise<void> {
  const full = isNotNull(emails.content);
  const rows = pages((after) =>
    tx
      .select()
      .from(emails)
      .where(sql`${full} and ${gt(emails.id, after)}`)
      .orderBy(asc(emails.id))
      .limit(pageSize)
      .for('update'),
  );
  for await (const email of rows) {
    await move(
      report,
      { kind: 'mail', id: email.id, name: email.kind },
      () => resealContent(change, email),
      (columns) => tx.update(emails).set(columns).where(eq(emails.id, email.id)),
    );
  }
}

/** Answers are kept for a day only, so there are not many. */
async function moveAnswers(tx: Db, change: SecretChange, report: RotationReport): Promise<void> {
  const rows = await tx.select().from(idempotencyKeys).where(isNotNull(idempotencyKeys.answer)).for('update');
  for (const row of rows) {
    const mine = sql`${idempotencyKeys.userId} = ${row.userId} and ${idempotencyKeys.key} = ${row.key}`;
    await move(
      report,
      { kind: 'kept answer', id: row.key, name: row.operation },
      () => resealAnswer(change, row),
      (columns) => tx.update(idempotencyKeys).set(columns).where(mine),
    );
  }
}

async function moveSecondFactors(tx: Db, change: SecretChange, report: RotationReport): Promise<void> {
  const { id } = twoFactors;
  const rows = pages((after) =>
    tx.select().from(twoFactors).where(gt(id, after)).orderBy(asc(id)).limit(pageSize).for('update'),
  );
  for await (const factor of rows) {
    await move(
      report,
      { kind: 'second factor', id: factor.id, name: `of the account ${factor.userId}` },
      async () => {
        const secret = await resealOfAuth(change, factor.secret, 'The second factor');
        const backupCodes = await resealOfAuth(change, factor.backupCodes, 'The backup codes');
        return secret === null && backupCodes === null
          ? null
          : { secret: secret ?? factor.secret, backupCodes: backupCodes ?? factor.backupCodes };
      },
      (columns) => tx.update(twoFactors).set(columns).where(eq(id, factor.id)),
    );
  }
}

/** Which signing keys the new secret reads, and how many the old one does. */
async function sortSigningKeys(tx: Db, change: SecretChange): Promise<{ kept: string[]; old: number }> {
  const kept: string[] = [];
  let old = 0;
  for (const { id, privateKey } of await tx.select().from(signingKeys).for('update')) {
    try {
      if ((await resealOfAuth(change, JSON.parse(privateKey), 'A signing key')) === null) kept.push(id);
      else old++;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Of an even older secret: it signs nothing any more.
    }
  }
  return { kept, old };
}

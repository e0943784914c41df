import { and, desc, eq, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { AppContext } from '../context.ts';
import { newId } from '../db/id.ts';
import { type Db, queryRows } from '../db/open.ts';
import { composeEmail } from '../notify/compose.ts';
import { enqueueEmail } from '../notify/emails.ts';
import { longAgo } from '../retention.ts';
import { type Decision, decide, keyOf, type Looked } from './decide.ts';
import { type Incident, incidents } from './schema.ts';

export const incidentSchema = z
  .object({
    id: z.uuid(),
    rule: z.string(),
    subject: z.string(),
    summary: z.string(),
    hint: z.string(),
    openedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Incident' });

type Ctx = Pick<AppContext, 'db' | 'config' | 'secrets' | 'queue' | 'log'>;

/**
 * Draws the consequences of a look: keeps what is wrong, and mails ALERT_EMAIL once when it begins and once when it is over,
 * however many processes look. They do so one after another, by the database's clock; the mail stands in the outbox in the
 * same transaction. Returns the mails that were put there.
 */
export async function recordLook(ctx: Ctx, looked: readonly Looked[]): Promise<string[]> {
  return ctx.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('incidents of the instance'))`);
    const standing = await tx.select().from(incidents).where(isNull(incidents.endedAt));
    const rows = await queryRows<{ now: string | Date; rule: string | null; subject: string; times: number }>(
      tx,
      sql`select now() as now, rule, subject, times from (select 1) as always left join
          (select rule, subject, count(*)::int as times from incidents where opened_at > now() - interval '1 day' group by 1, 2) as lately on true`,
    );
    const now = new Date(rows[0]?.now ?? Date.now());
    const lately = new Map(
      rows.flatMap(({ rule, subject, times }) => (rule === null ? [] : [[keyOf({ rule, subject }), times]])),
    );
    return store(ctx, tx, decide(standing, looked, now, lately), now);
  });
}

async function store(ctx: Ctx, tx: Db, decision: Decision, now: Date): Promise<string[]> {
  const mails: string[] = [];
  const tell = async (incident: Incident, over: boolean) => {
    const { rule, subject, summary } = incident;
    ctx.log.warn({ rule, subject, over }, over ? `over: ${summary}` : summary);
    const mail = await mailIncident(ctx, tx, incident, over, now);
    if (mail !== null) mails.push(mail);
  };
  for (const { opened, ...noticed } of decision.noticed) {
    const times = { noticedAt: now, seenAt: now, openedAt: opened ? now : null, endedAt: null };
    const incident: Incident = { id: newId(), ...noticed, ...times };
    await tx.insert(incidents).values(incident);
    if (opened) await tell(incident, false);
  }
  for (const { id, summary, hint } of decision.seen) {
    await tx.update(incidents).set({ seenAt: now, summary, hint }).where(eq(incidents.id, id));
  }
  for (const incident of decision.opened) {
    await tx.update(incidents).set({ openedAt: now }).where(eq(incidents.id, incident.id));
    await tell({ ...incident, openedAt: now }, false);
  }
  for (const incident of decision.ended) {
    await tx.update(incidents).set({ endedAt: now }).where(eq(incidents.id, incident.id));
    await tell(incident, true);
  }
  const gone = decision.forgotten.map(({ id }) => id);
  if (gone.length > 0) await tx.delete(incidents).where(inArray(incidents.id, gone));
  await tx.delete(incidents).where(lt(incidents.endedAt, longAgo('incidents')));
  return mails;
}

/** Puts the mail into the outbox and returns its id; null where nobody is to be told. */
async function mailIncident(ctx: Ctx, tx: Db, incident: Incident, over: boolean, now: Date): Promise<string | null> {
  const { alertEmail } = ctx.config.monitoring;
  if (alertEmail === null) return null;
  const { appUrl } = ctx.config.http;
  const minutes = Math.round((now.getTime() - (incident.openedAt ?? now).getTime()) / 60_000);
  const lasted = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
  const mail = composeEmail({
    subject: over ? `Over: ${incident.summary}` : `Alert: ${incident.summary}`,
    paragraphs: over
      ? [`This is over. It lasted for ${lasted}.`, incident.summary]
      : [
          incident.summary,
          `What to do: ${incident.hint}`,
          `Step by step: docs/runbook.md#${incident.rule}`,
          'There will be one more mail, when it is over.',
        ],
    action: { label: 'See how the instance is', url: `${appUrl}/admin` },
    footer: `blog-poster at ${appUrl} watches over itself (${incident.rule}). ALERT_EMAIL says who is told.`,
  });
  const row = await enqueueEmail(ctx, tx, {
    userId: null,
    to: alertEmail,
    kind: over ? 'alert-over' : 'alert',
    ...mail,
  });
  return row.id;
}

/** What somebody was told of: what is open first, then what is over, the newest first; at most `limit`. */
export async function listIncidents(db: Db, limit: number): Promise<z.infer<typeof incidentSchema>[]> {
  const rows = await db
    .select()
    .from(incidents)
    .where(and(isNotNull(incidents.openedAt)))
    .orderBy(sql`${incidents.endedAt} is not null`, desc(incidents.openedAt))
    .limit(limit);
  return rows.map(({ id, rule, subject, summary, hint, openedAt, endedAt }) => ({
    id,
    rule,
    subject,
    summary,
    hint,
    openedAt: (openedAt ?? new Date(0)).toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  }));
}

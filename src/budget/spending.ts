import { and, eq, sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import type { Spending } from './ledger.ts';
import { type Payer, spending } from './schema.ts';

const nothing: Spending = { settledMicroUsd: 0, reservedMicroUsd: 0 };

/** What a user's calls of a month of their calendar (2026-11) cost so far, apart for each payer. */
export async function spendingOf(db: Db, userId: string, month: string): Promise<Record<Payer, Spending>> {
  const rows = await db
    .select()
    .from(spending)
    .where(and(eq(spending.userId, userId), eq(spending.month, month)));
  const of = (payer: Payer): Spending => {
    const row = rows.find((each) => each.payer === payer);
    return row ? { settledMicroUsd: row.settledMicroUsd, reservedMicroUsd: row.reservedMicroUsd } : nothing;
  };
  return { instance: of('instance'), user: of('user') };
}

/** What the instance has paid in a month of UTC, accounts included that are no longer there. */
export interface InstanceSpending extends Spending {
  /** Of what is settled, that of accounts that are no longer there. */
  departedMicroUsd: number;
}

/** Reads it from the counters, in one statement. */
export async function instanceSpending(db: Db, month: string): Promise<InstanceSpending> {
  const [row] = await queryRows<{ settled: string; reserved: string; departed: string }>(
    db,
    sql`select coalesce(sum(settled_micro_usd), 0)::text as settled, coalesce(sum(reserved_micro_usd), 0)::text as reserved,
          coalesce((select departed_micro_usd from instance_months where month = ${month}), 0)::text as departed
        from allotments where month = ${month}`,
  );
  const departed = Number(row?.departed ?? 0);
  return {
    settledMicroUsd: Number(row?.settled ?? 0) + departed,
    reservedMicroUsd: Number(row?.reserved ?? 0),
    departedMicroUsd: departed,
  };
}

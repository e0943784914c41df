import { bigint, customType, timestamp } from 'drizzle-orm/pg-core';

/** A point in time, always with zone, read as a Date (UTC). */
export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Integer micro-dollars; safe as a number up to nine billion dollars. */
export const microUsd = (name: string) => bigint(name, { mode: 'number' });

/** A pgvector column of any dimension: the dimension stands beside it, because models differ. */
export const vector = customType<{ data: number[]; driverData: string }>({
  dataType: () => 'vector',
  toDriver: (value) => `[${value.join(',')}]`,
  fromDriver: (value) => JSON.parse(value) as number[],
});

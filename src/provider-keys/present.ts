import { z } from 'zod';
import { payers } from '../budget/schema.ts';
import type { OwnSpending } from './provider-keys.ts';
import { keyProviders, keyProviderTitles, keyStatuses, type ProviderKey } from './schema.ts';

export const providerKeySchema = z
  .object({
    provider: z.enum(keyProviders),
    title: z.string().meta({ description: 'The name of the provider' }),
    ending: z.string().meta({ description: 'The last four characters of the key, to recognise it by' }),
    status: z.enum(keyStatuses),
    problem: z.string().nullable(),
    spentMicroUsd: z.int().meta({ description: 'With keys for this provider, in this month of your calendar' }),
    checkedAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'ProviderKey' });

/** A key as its owner sees it; the key itself never leaves. */
export function presentProviderKey(row: ProviderKey, spent: OwnSpending): z.infer<typeof providerKeySchema> {
  return {
    provider: row.provider,
    title: keyProviderTitles[row.provider],
    ending: row.ending,
    status: row.status,
    problem: row.problem,
    spentMicroUsd: spent.byProvider.get(row.provider) ?? 0,
    checkedAt: row.checkedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

const perMillion = z.int().meta({ description: 'Micro-dollars for a million tokens' });

export const usableModelSchema = z
  .object({
    id: z.string().meta({ description: 'provider:model, or offline' }),
    payer: z.enum(payers).meta({ description: 'Who is billed for it' }),
    inChain: z
      .int()
      .nullable()
      .meta({ description: 'Its place, from 1, among the models that the instance asks; null for one that is not' }),
    prices: z
      .object({ inputMicroUsd: perMillion, outputMicroUsd: perMillion })
      .nullable()
      .meta({ description: 'Null where they are not known: then it is not asked' }),
  })
  .meta({ id: 'UsableModel' });

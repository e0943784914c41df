import { expect, it } from 'vitest';
import type { UsageGroup } from '@/api/client/types.gen.ts';
import { sortGroups } from './sort-groups.ts';

const group = (model: string, costMicroUsd: number | null): UsageGroup => ({
  model,
  calls: 1,
  failedCalls: 0,
  articles: 1,
  costMicroUsd,
  estimatedMicroUsd: null,
  instanceCostMicroUsd: null,
  ownCostMicroUsd: null,
  reservedMicroUsd: 0,
  inputTokens: null,
  cachedInputTokens: null,
  outputTokens: null,
  reasoningTokens: null,
});
const groups = [group('b', null), group('c', 9), group('a', 10), group('d', 0)];
const order = (column: 'model' | 'costMicroUsd', descending: boolean) =>
  sortGroups(groups, { column, descending }).map(({ model }) => model);

it('orders figures as figures and names as names', () => {
  expect(order('costMicroUsd', true)).toEqual(['a', 'c', 'd', 'b']);
  expect(order('model', false)).toEqual(['a', 'b', 'c', 'd']);
  expect(order('model', true)).toEqual(['d', 'c', 'b', 'a']);
});

it('leaves what is unknown at the end, whichever way', () => {
  expect(order('costMicroUsd', false)).toEqual(['d', 'c', 'a', 'b']);
});

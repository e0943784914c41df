import type { UsageGroup } from '@/api/client/types.gen.ts';
import { t } from '../../strings.ts';
import { imageWords } from '../../strings-images.ts';

const words = t.usage.table;

export type Column = keyof typeof words.columns;

/** Which column orders a table, and which way. */
export interface Order {
  column: Column;
  descending: boolean;
}

/** What stands in a column that is no figure. */
export function nameIn(group: UsageGroup, column: Column): string {
  switch (column) {
    case 'site':
      return group.site?.name ?? words.noSite;
    case 'kind':
      return group.kind ? words.kinds[group.kind] : '';
    case 'payer':
      return group.payer ? words.payers[group.payer] : '';
    case 'step':
      return group.step ? nameOfStep(group.step) : '';
    default:
      return String(group[column] ?? '');
  }
}

/** A step of the pipeline by the name that the rest of the app has for it. */
function nameOfStep(step: string): string {
  if (step === 'image') return imageWords.usage;
  return step in t.steps ? t.steps[step as keyof typeof t.steps].name : step;
}

/** The groups in an order; what is unknown stands at the end, whichever way. */
export function sortGroups(groups: UsageGroup[], { column, descending }: Order): UsageGroup[] {
  const way = descending ? -1 : 1;
  return [...groups].sort((one, other) => {
    const [a, b] = [valueIn(one, column), valueIn(other, column)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return way * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)));
  });
}

function valueIn(group: UsageGroup, column: Column): string | number | null {
  const value = group[column];
  return typeof value === 'number' || value === null ? (value as number | null) : nameIn(group, column);
}

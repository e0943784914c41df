import { sql } from 'drizzle-orm';
import { type Db, queryRows } from '../db/open.ts';
import { type Cell, csvLine } from '../text/csv.ts';
import { callsIn, type Period, type Usage, type UsageDimension, type UsageGroup } from './usage.ts';

/** Micro-dollars as dollars with all six decimals, exact. */
export function exactDollars(microUsd: number | null): string | null {
  if (microUsd === null) return null;
  const digits = String(Math.abs(microUsd)).padStart(7, '0');
  return `${microUsd < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** A column: what its header says and what stands below it. */
type Column<Row> = [name: string, cell: (row: Row) => Cell];

/** Two columns for an amount: in dollars for people, in micro-dollars for programs. */
const money = <Row>(name: string, amount: (row: Row) => number | null): Column<Row>[] => [
  [`${name}Usd`, (row) => exactDollars(amount(row))],
  [`${name}MicroUsd`, amount],
];

const keyColumns: Record<UsageDimension, Column<UsageGroup>[]> = {
  day: [['day', ({ day }) => day ?? null]],
  model: [['model', ({ model }) => model ?? null]],
  step: [['step', ({ step }) => step ?? null]],
  site: [
    ['siteId', ({ site }) => site?.id ?? null],
    ['site', ({ site }) => site?.name ?? null],
  ],
  payer: [['payer', ({ payer }) => payer ?? null]],
  kind: [['kind', ({ kind }) => kind ?? null]],
};

const figureColumns: Column<UsageGroup>[] = [
  ['calls', ({ calls }) => calls],
  ['failedCalls', ({ failedCalls }) => failedCalls],
  ['articles', ({ articles }) => articles],
  ...money<UsageGroup>('cost', ({ costMicroUsd }) => costMicroUsd),
  ...money<UsageGroup>('estimated', ({ estimatedMicroUsd }) => estimatedMicroUsd),
  ...money<UsageGroup>('instanceCost', ({ instanceCostMicroUsd }) => instanceCostMicroUsd),
  ...money<UsageGroup>('ownCost', ({ ownCostMicroUsd }) => ownCostMicroUsd),
  ...money<UsageGroup>('reserved', ({ reservedMicroUsd }) => reservedMicroUsd),
  ['inputTokens', ({ inputTokens }) => inputTokens],
  ['cachedInputTokens', ({ cachedInputTokens }) => cachedInputTokens],
  ['outputTokens', ({ outputTokens }) => outputTokens],
  ['reasoningTokens', ({ reasoningTokens }) => reasoningTokens],
];

/** The groups of a usage as CSV, with a header; what is unknown is an empty cell. */
export function usageCsv({ groupBy, groups }: Usage): string {
  const columns = [...groupBy.flatMap((dimension) => keyColumns[dimension]), ...figureColumns];
  return [columns.map(([name]) => name), ...groups.map((group) => columns.map(([, cell]) => cell(group)))]
    .map(csvLine)
    .join('');
}

/** A call as the file has it. */
interface CallRow {
  id: string;
  started_at: string | Date;
  finished_at: string | Date | null;
  day: number;
  kind: string;
  payer: string;
  step: string;
  task: string;
  provider: string;
  model: string;
  answered_by: string | null;
  priced_as: string | null;
  status: string;
  estimated: boolean;
  input_tokens: number | null;
  cached_input_tokens: number | null;
  cache_write_input_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  cost: string | null;
  reserved: string;
  error_code: string | null;
  pipeline_id: string | null;
  topic: string | null;
  site_name: string | null;
}

const iso = (time: string | Date | null): string | null => (time === null ? null : new Date(time).toISOString());
const number = (text: string | null): number | null => (text === null ? null : Number(text));

const callColumns = ({ days }: Period): Column<CallRow>[] => [
  ['id', (call) => call.id],
  ['startedAt', (call) => iso(call.started_at)],
  ['finishedAt', (call) => iso(call.finished_at)],
  ['day', (call) => days[call.day - 1]?.name ?? null],
  ['kind', (call) => call.kind],
  ['payer', (call) => call.payer],
  ['step', (call) => call.step],
  ['task', (call) => call.task],
  ['provider', (call) => call.provider],
  ['model', (call) => call.model],
  ['answeredBy', (call) => call.answered_by],
  ['pricedAs', (call) => call.priced_as],
  ['status', (call) => call.status],
  ['estimated', (call) => String(call.estimated)],
  ['inputTokens', (call) => call.input_tokens],
  ['cachedInputTokens', (call) => call.cached_input_tokens],
  ['cacheWriteInputTokens', (call) => call.cache_write_input_tokens],
  ['outputTokens', (call) => call.output_tokens],
  ['reasoningTokens', (call) => call.reasoning_tokens],
  ...money<CallRow>('cost', ({ cost }) => number(cost)),
  ...money<CallRow>('reserved', ({ reserved }) => number(reserved)),
  ['error', (call) => call.error_code],
  ['pipelineId', (call) => call.pipeline_id],
  ['topic', (call) => call.topic],
  ['site', (call) => call.site_name],
];

/** Calls that are read from the database at once. */
const pageSize = 1_000;

/** The calls of a user in a period, one by one and oldest first, as CSV with a header; read in pages. */
export async function* callsCsv(db: Db, userId: string, period: Period): AsyncGenerator<string> {
  const columns = callColumns(period);
  yield csvLine(columns.map(([name]) => name));
  let after: string | null = null;
  for (;;) {
    const rows: CallRow[] = await readCalls(db, userId, period, after);
    if (rows.length > 0) yield rows.map((row) => csvLine(columns.map(([, cell]) => cell(row)))).join('');
    after = rows.at(-1)?.id ?? null;
    if (rows.length < pageSize) return;
  }
}

/** Ordered by id, which is UUIDv7: the order in which the calls were reserved. */
function readCalls(db: Db, userId: string, period: Period, after: string | null): Promise<CallRow[]> {
  const starts = `{${period.days.map(({ start }) => start.toISOString()).join(',')}}`;
  return queryRows<CallRow>(
    db,
    sql`select calls.id, calls.started_at, calls.finished_at, width_bucket(calls.started_at, ${starts}::timestamptz[]) as day,
          calls.kind, calls.payer, calls.step, calls.task, calls.provider, calls.model, calls.answered_by, calls.priced_as,
          calls.status, calls.estimated, calls.input_tokens, calls.cached_input_tokens, calls.cache_write_input_tokens,
          calls.output_tokens, calls.reasoning_tokens, calls.cost_micro_usd::text as cost, calls.reserved_micro_usd::text as reserved,
          calls.error ->> 'code' as error_code, calls.pipeline_id, pipelines.topic, sites.name as site_name
        from paid_calls calls
        left join pipelines on pipelines.id = calls.pipeline_id
        left join sites on sites.id = pipelines.site_id
        where ${callsIn(userId, period)} and (${after}::uuid is null or calls.id > ${after}::uuid)
        order by calls.id limit ${pageSize}`,
  );
}

import { z } from 'zod';
import { type CounterDifference, counterDifferenceSchema } from '../budget/check-counters.ts';
import { dollars } from '../budget/ledger.ts';
import { topSchema } from '../budget/top.ts';
import type { Api } from './api.ts';
import type { Finding } from './doctor.ts';

const counters = z.object({ differences: z.array(counterDifferenceSchema) });

/** Whether what limits are held against is what was spent, and how much of the instance's month is left. */
export async function inspectMoney(api: Api): Promise<Finding[]> {
  const { differences } = await api.request('GET', '/operator/counters', counters);
  const top = await api.request('GET', '/admin/usage/top?limit=1', topSchema);
  return [...explainDifferences(differences), describeMonth(top)];
}

function explainDifferences(differences: CounterDifference[]): Finding[] {
  if (differences.length === 0) {
    return [{ check: 'money', severity: 'ok', message: 'the counters of the limits equal the sums of the ledger' }];
  }
  return differences.map((difference) => ({
    check: 'money',
    severity: 'problem',
    message: describeDifference(difference),
    hint: `Someone has changed ${difference.counter} or paid_calls by hand. Stop every process, put the table back from a backup, or run: ${mending(difference)}`,
  }));
}

function describeDifference({ counter, userId, payer, month, countedMicroUsd, ledgerMicroUsd }: CounterDifference) {
  const whose = userId ? ` of user ${userId}${payer === 'user' ? ', own keys' : ''}` : '';
  const amounts = ({ settled, reserved }: { settled: number; reserved: number }) =>
    counter === 'instance_months' ? dollars(settled) : `${dollars(settled)} and ${dollars(reserved)} set aside`;
  return `${counter} of ${month}${whose} says ${amounts(countedMicroUsd)}, the rows come to ${amounts(ledgerMicroUsd)}`;
}

/** SQL that makes a counter equal to what it counts. The values are ours: ids, months and whole numbers. */
function mending({ counter, userId, payer, month, ledgerMicroUsd: { settled, reserved } }: CounterDifference): string {
  if (counter === 'instance_months') {
    return `insert into instance_months (month, allotted_micro_usd) values ('${month}', ${settled}) on conflict (month) do update set allotted_micro_usd = ${settled};`;
  }
  if (counter === 'spending') {
    return `insert into spending (user_id, payer, month, settled_micro_usd, reserved_micro_usd) values ('${userId}', '${payer}', '${month}', ${settled}, ${reserved}) on conflict (user_id, payer, month) do update set settled_micro_usd = ${settled}, reserved_micro_usd = ${reserved};`;
  }
  return `insert into allotments (user_id, month, settled_micro_usd, reserved_micro_usd, allotted_micro_usd) values ('${userId}', '${month}', ${settled}, ${reserved}, ${settled + reserved}) on conflict (user_id, month) do update set settled_micro_usd = ${settled}, reserved_micro_usd = ${reserved}, allotted_micro_usd = greatest(allotments.allotted_micro_usd, ${settled + reserved}); then run doctor again, for the instance's month.`;
}

/** From this share of the instance's month on, whoever runs it should know. */
const warningShare = 0.8;

function describeMonth({ month, instance }: z.infer<typeof topSchema>): Finding {
  const { spentMicroUsd, reservedMicroUsd, limitMicroUsd, forecastMicroUsd } = instance;
  const used = spentMicroUsd + reservedMicroUsd;
  const set = reservedMicroUsd > 0 ? `, ${dollars(reservedMicroUsd)} set aside` : '';
  const forecast = forecastMicroUsd === null ? '' : `; about ${dollars(forecastMicroUsd)} by its end, if it goes on so`;
  const message = `${dollars(spentMicroUsd)} of ${dollars(limitMicroUsd)} spent in ${month} (UTC)${set}${forecast}`;
  if (used >= limitMicroUsd) {
    const hint = 'Nothing more is paid until the month turns: raise INSTANCE_MONTHLY_LIMIT_USD and restart to go on.';
    return { check: 'money', severity: 'problem', message, hint };
  }
  if (used >= limitMicroUsd * warningShare) {
    const hint = 'See who spends it under Admin, Spending; raise INSTANCE_MONTHLY_LIMIT_USD if it should be more.';
    return { check: 'money', severity: 'warning', message, hint };
  }
  return { check: 'money', severity: 'ok', message };
}

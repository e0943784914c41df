import { useMutation } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { updateUserMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import { updateUser } from '@/api/client/sdk.gen.ts';
import type { Spender } from '@/api/client/types.gen.ts';
import { Form, TextField, useForm } from '@/components/form.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { formatShare } from '@/format/calendar.ts';
import { formatCount, formatMoney, writeMoney } from '@/format/money.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { adminWords } from '@/strings-account.ts';
import { readDollarLimit } from './dollar-limit.ts';
import { MessageForm } from './message-form.tsx';
import { useRefresh } from './use-refresh.ts';

const words = t.spending;

/** Someone who spends the instance's money, with what an admin can do about it. */
export function SpenderRow({ spender }: { spender: Spender }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { user, share } = spender;
  return (
    <li className="grid grid-cols-1 gap-3 px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium">
            <bdi className="min-w-0 [overflow-wrap:anywhere]">{user.name}</bdi>
            {user.disabled && <Badge tone="danger">{words.disabled}</Badge>}
            {spender.countedMicroUsd >= spender.limitMicroUsd && <Badge tone="warning">{words.limitReached}</Badge>}
          </p>
          {user.email && <p className="text-sm break-all text-muted-foreground">{user.email}</p>}
        </div>
        <p className="text-lg font-semibold tabular-nums">{formatMoney(spender.spentMicroUsd)}</p>
      </div>
      <Progress value={share ?? 0} label={words.shareOf(user.name)} />
      <Figures spender={spender} />
      <Actions spender={spender}>
        <Button
          size="small"
          aria-expanded={open}
          aria-controls={id}
          aria-label={words.changeOf(user.name)}
          onClick={() => setOpen((before) => !before)}
        >
          {words.change}
          <ChevronDown aria-hidden="true" className={open ? 'rotate-180' : ''} />
        </Button>
      </Actions>
      <div id={id}>
        {open && (
          <div className="grid max-w-2xl grid-cols-1 gap-6 border-t border-border pt-4 pb-1">
            <LimitForm spender={spender} />
            {user.email && <MessageForm user={{ id: user.id, email: user.email }} />}
          </div>
        )}
      </div>
    </li>
  );
}

function Figures({ spender }: { spender: Spender }) {
  const { share, articles, ownSpentMicroUsd: own, reservedMicroUsd: reserved } = spender;
  const limit = formatMoney(spender.limitMicroUsd);
  return (
    <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground tabular-nums">
      {share !== null && <span>{words.share(formatShare(share))}</span>}
      {reserved > 0 && <span>{words.reservedOf(formatMoney(reserved))}</span>}
      <span>{words.articles(formatCount(articles), articles)}</span>
      <span>{spender.limitIsDefault ? words.limitByDefault(limit) : words.limit(limit)}</span>
      {own !== null && <span>{words.ownSpent(formatMoney(own))}</span>}
    </p>
  );
}

/** What can be done with one click; `children` are more of them. */
function Actions({ spender, children }: { spender: Spender; children: ReactNode }) {
  const { user, countedMicroUsd: counted, limitMicroUsd: limit } = spender;
  const me = useUser();
  const refresh = useRefresh();
  const change = useMutation({ ...updateUserMutation(), onSettled: refresh });
  const set = (body: { disabled: boolean } | { monthlyLimitMicroUsd: number }, said?: string) =>
    change.mutate({ path: { id: user.id }, body }, { onSuccess: () => said && toast(said) });
  return (
    <>
      <div className="flex flex-wrap gap-2">
        {counted < limit && (
          <Button
            size="small"
            disabled={change.isPending}
            aria-label={words.stopOf(user.name)}
            onClick={() => set({ monthlyLimitMicroUsd: counted }, words.stopped(user.name, formatMoney(counted)))}
          >
            {words.stop}
          </Button>
        )}
        {user.id !== me.id && (
          <DisableButton user={user} pending={change.isPending} onSet={(disabled) => set({ disabled })} />
        )}
        {children}
      </div>
      {change.error && <ProblemNotice problem={change.error} />}
    </>
  );
}

function DisableButton({
  user,
  pending,
  onSet,
}: {
  user: Spender['user'];
  pending: boolean;
  onSet: (disabled: boolean) => void;
}) {
  if (user.disabled) {
    return (
      <Button size="small" disabled={pending} aria-label={words.enableOf(user.name)} onClick={() => onSet(false)}>
        {words.enable}
      </Button>
    );
  }
  return (
    <Confirm
      trigger={
        <Button size="small" variant="danger" disabled={pending} aria-label={words.disableOf(user.name)}>
          {words.disable}
        </Button>
      }
      title={adminWords.users.disableTitle(user.name)}
      description={adminWords.users.disableText}
      confirm={adminWords.users.disableConfirm}
      keep={t.common.cancel}
      onConfirm={() => onSet(true)}
    />
  );
}

function LimitForm({ spender: { user, limitMicroUsd, limitIsDefault } }: { spender: Spender }) {
  const limits = adminWords.users;
  const refresh = useRefresh();
  const form = useForm({
    names: ['monthlyLimitMicroUsd'],
    initial: { monthlyLimitMicroUsd: limitIsDefault ? '' : writeMoney(limitMicroUsd) },
    check: ({ monthlyLimitMicroUsd: value }) =>
      readDollarLimit(value) === undefined ? { monthlyLimitMicroUsd: limits.notDollars } : {},
    send: ({ monthlyLimitMicroUsd: value }) =>
      updateUser({
        path: { id: user.id },
        body: { monthlyLimitMicroUsd: readDollarLimit(value) ?? null },
        throwOnError: true,
      }),
    onDone: async ({ data }) => {
      await refresh();
      const { microUsd, reached } = data.monthlyLimit;
      const spent = formatMoney(data.usage.spentThisMonthMicroUsd);
      toast(
        reached ? `${limits.limitReached(spent, formatMoney(microUsd))}. ${limits.limitReachedText}` : limits.limitSet,
      );
    },
  });
  return (
    <Form form={form} submit={limits.setLimit} busy={limits.setting} variant="secondary">
      <TextField
        form={form}
        name="monthlyLimitMicroUsd"
        label={limits.monthlyLimit}
        hint={`${limits.monthlyLimitHint} ${limits.limitsHint}`}
        inputMode="decimal"
        placeholder={limits.byDefault}
        autoComplete="off"
      />
    </Form>
  );
}

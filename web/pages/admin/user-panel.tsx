import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { updateUserMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import { updateUser } from '@/api/client/sdk.gen.ts';
import type { AdminUser } from '@/api/client/types.gen.ts';
import { Figure } from '@/components/figure.tsx';
import { Form, TextField, useForm } from '@/components/form.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatCount, formatMoney, writeMoney } from '@/format/money.ts';
import { formatDate } from '@/format/time.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { adminWords } from '@/strings-account.ts';
import { readDollarLimit } from './dollar-limit.ts';
import { MessageForm } from './message-form.tsx';
import { useRefresh } from './use-refresh.ts';

const words = adminWords.users;

/** What an account used, may use, and what an admin can do about it. */
export function UserPanel({ user }: { user: AdminUser }) {
  return (
    <div className="mt-4 grid grid-cols-1 gap-7 border-t border-border pt-5 pb-2">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
        <Figure label={words.joined}>{formatDate(new Date(user.createdAt))}</Figure>
        <Figure label={words.runsThisMonth}>{formatCount(user.usage.pipelinesThisMonth)}</Figure>
        <Figure label={words.spentThisMonth}>
          {words.spentOf(formatMoney(user.usage.spentThisMonthMicroUsd), formatMoney(user.monthlyLimit.microUsd))}
        </Figure>
        <Figure label={words.ownKeysThisMonth}>{formatMoney(user.usage.ownSpentThisMonthMicroUsd)}</Figure>
        <Figure label={words.sites}>{formatCount(user.usage.sites)}</Figure>
        <Figure label={words.timeZone}>{user.timeZone}</Figure>
        <Figure label={adminWords.sections.log}>
          <Link to="/admin/log" search={{ user: user.id }} className="text-accent underline underline-offset-4">
            {t.common.showAll}
          </Link>
        </Figure>
      </dl>
      <LimitsForm user={user} />
      <Part title={words.write}>
        <MessageForm user={user} />
      </Part>
      <Access user={user} />
    </div>
  );
}

type Limits = AdminUser['limits'];
const countNames = [
  'articlesPerMonth',
  'concurrentPipelines',
  'queuedPipelines',
  'requestsPerMinute',
] as const satisfies (keyof Limits)[];

const dollarNames = ['monthlyLimitMicroUsd', 'pipelineLimitMicroUsd'] as const satisfies (keyof Limits)[];

const limitNames = [...countNames, ...dollarNames] as const;

const isDollars = (name: keyof Limits) => dollarNames.some((other) => other === name);

function LimitsForm({ user }: { user: AdminUser }) {
  const refresh = useRefresh();
  const form = useForm({
    names: limitNames,
    initial: Object.fromEntries(limitNames.map((name) => [name, typed(user, name)])),
    check: (values) =>
      Object.fromEntries(
        limitNames
          .filter((name) => readLimit(name, values[name]) === undefined)
          .map((name) => [name, isDollars(name) ? words.notDollars : words.notNumber]),
      ),
    send: (values) =>
      updateUser({
        path: { id: user.id },
        body: Object.fromEntries(limitNames.map((name) => [name, readLimit(name, values[name])])),
        throwOnError: true,
      }),
    onDone: async () => {
      await refresh();
      toast(words.limitsSet);
    },
  });
  return (
    <Part title={words.limits} hint={words.limitsHint}>
      <LimitReached user={user} />
      <Form form={form} submit={words.setLimits} busy={words.setting} variant="secondary" className="sm:grid-cols-2">
        {countNames.map((name) => (
          <TextField
            key={name}
            form={form}
            name={name}
            label={words.limitNames[name]}
            inputMode="numeric"
            placeholder={words.byDefault}
            autoComplete="off"
          />
        ))}
        <TextField
          form={form}
          name="monthlyLimitMicroUsd"
          label={words.monthlyLimit}
          hint={words.monthlyLimitHint}
          inputMode="decimal"
          placeholder={words.byDefault}
          autoComplete="off"
        />
        <TextField
          form={form}
          name="pipelineLimitMicroUsd"
          label={words.articleLimit}
          hint={words.articleLimitHint}
          inputMode="decimal"
          autoComplete="off"
        />
      </Form>
    </Part>
  );
}

/** A limit as it stands in its field: dollars, or a number. */
function typed({ limits }: AdminUser, name: (typeof limitNames)[number]): string {
  const limit = limits[name];
  if (limit === null) return '';
  return isDollars(name) ? writeMoney(limit) : String(limit);
}

/** Null for the default, undefined for what is no limit. */
function readLimit(name: (typeof limitNames)[number], value: string): number | null | undefined {
  if (isDollars(name)) return readDollarLimit(value);
  if (value.trim() === '') return null;
  return /^\d{1,9}$/.test(value.trim()) ? Number(value) : undefined;
}

/** Says what it means that a limit leaves nothing of the month. */
function LimitReached({ user: { usage, monthlyLimit } }: { user: AdminUser }) {
  if (!monthlyLimit.reached) return null;
  return (
    <Notice
      tone="warning"
      title={words.limitReached(formatMoney(usage.spentThisMonthMicroUsd), formatMoney(monthlyLimit.microUsd))}
    >
      <p>{words.limitReachedText}</p>
    </Notice>
  );
}

function Access({ user }: { user: AdminUser }) {
  const me = useUser();
  const refresh = useRefresh();
  const change = useMutation({ ...updateUserMutation(), onSettled: refresh });
  const set = (disabled: boolean) => change.mutate({ path: { id: user.id }, body: { disabled } });
  return (
    <Part title={words.access}>
      {user.id === me.id ? (
        <p className="text-muted-foreground">{words.notYourself}</p>
      ) : user.disabled ? (
        <div className="flex flex-wrap items-center gap-3">
          <Button disabled={change.isPending} onClick={() => set(false)}>
            {words.enable}
          </Button>
          {user.disabledAt && (
            <p className="text-sm text-muted-foreground">
              {words.disabledSince} <RelativeTime at={user.disabledAt} />
            </p>
          )}
        </div>
      ) : (
        <Confirm
          trigger={
            <Button variant="danger" className="justify-self-start" disabled={change.isPending}>
              {words.disable}
            </Button>
          }
          title={words.disableTitle(user.name)}
          description={words.disableText}
          confirm={words.disableConfirm}
          keep={t.common.cancel}
          onConfirm={() => set(true)}
        />
      )}
      {user.twoFactorEnabled && user.id !== me.id && (
        <Confirm
          trigger={
            <Button className="justify-self-start" disabled={change.isPending}>
              {words.forgetTwoFactor}
            </Button>
          }
          title={words.forgetTwoFactorTitle(user.name)}
          description={words.forgetTwoFactorText}
          confirm={words.forgetTwoFactor}
          keep={t.common.cancel}
          onConfirm={() => change.mutate({ path: { id: user.id }, body: { twoFactorEnabled: false } })}
        />
      )}
      {change.error && <ProblemNotice problem={change.error} />}
    </Part>
  );
}

function Part({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="grid max-w-2xl grid-cols-1 gap-3">
      <div>
        <h2 className="font-semibold">{title}</h2>
        {hint && <p className="text-sm text-muted-foreground">{hint}</p>}
      </div>
      {children}
    </section>
  );
}

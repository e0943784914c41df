import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { updateUserMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import { messageUser, updateUser } from '@/api/client/sdk.gen.ts';
import type { AdminUser } from '@/api/client/types.gen.ts';
import { Form, LongTextField, missing, TextField, useForm } from '@/components/form.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatCount, formatMoney } from '@/format/money.ts';
import { formatDate } from '@/format/time.ts';
import { useInstance, useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';

const words = t.admin.users;

/** What an account used, may use, and what an admin can do about it. */
export function UserPanel({ user }: { user: AdminUser }) {
  return (
    <div className="mt-4 grid grid-cols-1 gap-7 border-t border-border pt-5 pb-2">
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
        <Figure label={words.joined}>{formatDate(new Date(user.createdAt))}</Figure>
        <Figure label={words.runsThisMonth}>{formatCount(user.usage.pipelinesThisMonth)}</Figure>
        <Figure label={words.spentThisMonth}>{formatMoney(user.usage.spentThisMonthMicroUsd)}</Figure>
        <Figure label={words.sites}>{formatCount(user.usage.sites)}</Figure>
        <Figure label={words.timeZone}>{user.timeZone}</Figure>
        <Figure label={t.admin.sections.log}>
          <Link to="/admin/log" search={{ user: user.id }} className="text-accent underline underline-offset-4">
            {t.common.showAll}
          </Link>
        </Figure>
      </dl>
      <LimitsForm user={user} />
      <MessageForm user={user} />
      <Access user={user} />
    </div>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted-foreground">{label}</dt>
      <dd className="font-medium break-words">{children}</dd>
    </div>
  );
}

type Limits = AdminUser['limits'];
/** Those that hold; the monthly cap in dollars is kept by the server and not held yet, so it is not offered. */
const limitNames = ['articlesPerMonth', 'concurrentPipelines', 'requestsPerMinute'] as const satisfies (keyof Limits)[];

function LimitsForm({ user }: { user: AdminUser }) {
  const refresh = useRefresh();
  const form = useForm({
    names: limitNames,
    initial: Object.fromEntries(limitNames.map((name) => [name, String(user.limits[name] ?? '')])),
    check: (values) =>
      Object.fromEntries(
        limitNames.filter((name) => readLimit(values[name]) === undefined).map((name) => [name, words.notNumber]),
      ),
    send: (values) =>
      updateUser({
        path: { id: user.id },
        body: Object.fromEntries(limitNames.map((name) => [name, readLimit(values[name])])),
        throwOnError: true,
      }),
    onDone: async () => {
      await refresh();
      toast(words.limitsSet);
    },
  });
  return (
    <Part title={words.limits} hint={words.limitsHint}>
      <Form form={form} submit={words.setLimits} busy={words.setting} variant="secondary" className="sm:grid-cols-2">
        {limitNames.map((name) => (
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
      </Form>
    </Part>
  );
}

/** Null for the default, undefined for what is no limit. */
function readLimit(typed: string): number | null | undefined {
  if (typed.trim() === '') return null;
  return /^\d{1,9}$/.test(typed.trim()) ? Number(typed) : undefined;
}

function MessageForm({ user }: { user: AdminUser }) {
  const mail = useInstance()?.mail;
  const form = useForm({
    names: ['subject', 'text'],
    check: (values) => missing(values, 'subject', 'text'),
    send: async (body, attempt) => {
      const headers = { 'Idempotency-Key': attempt.key };
      return (await messageUser({ path: { id: user.id }, body, headers, throwOnError: true })).data;
    },
    onDone: ({ to }) => toast(mail === false ? words.keptNoMail(to) : words.sent(to)),
    keep: `message:${user.id}`,
    clear: true,
  });
  return (
    <Part title={words.write}>
      <Form form={form} submit={words.send} busy={words.sending} variant="secondary">
        <TextField form={form} name="subject" label={words.subject} autoComplete="off" maxLength={200} />
        <LongTextField form={form} name="text" label={words.text} maxLength={20_000} />
      </Form>
    </Part>
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

/** Reads the lists of accounts again, whatever they are narrowed to. */
function useRefresh() {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey: [key] }) =>
        typeof key === 'object' && key !== null && '_id' in key && key._id === 'listUsers',
    });
}

import { useQueryClient } from '@tanstack/react-query';
import { updateMe } from '@/api/client/sdk.gen.ts';
import { Form, TextField, useForm } from '@/components/form.tsx';
import { SettingsCard } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { formatMoney, parseMoney, writeMoney } from '@/format/money.ts';
import { rememberUser, useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { ownKeyWords } from '@/strings-keys.ts';

const words = ownKeyWords.settings;

/** The default model, and what one's own keys may cost a month. `spentMicroUsd` is undefined until it is known. */
export function OwnKeysSettings({ spentMicroUsd }: { spentMicroUsd: number | undefined }) {
  const user = useUser();
  const queries = useQueryClient();
  const { ownMonthlyLimitMicroUsd: limit } = user;
  const form = useForm({
    names: ['model', 'ownMonthlyLimitMicroUsd'],
    initial: { model: user.model ?? '', ownMonthlyLimitMicroUsd: writeMoney(limit) },
    check: ({ ownMonthlyLimitMicroUsd: typed }) =>
      typed.trim() !== '' && parseMoney(typed) === null ? { ownMonthlyLimitMicroUsd: words.badLimit } : {},
    send: async ({ model, ownMonthlyLimitMicroUsd: typed }) => {
      const body = {
        model: model.trim() === '' ? null : model.trim(),
        ownMonthlyLimitMicroUsd: typed.trim() === '' ? null : parseMoney(typed),
      };
      return (await updateMe({ body, throwOnError: true })).data;
    },
    onDone: (changed) => {
      rememberUser(queries, changed);
      toast(t.form.saved);
    },
  });
  return (
    <SettingsCard title={words.title}>
      <dl className="flex flex-wrap gap-x-2">
        <dt className="text-muted-foreground">{words.spent}</dt>
        <dd className="font-medium tabular-nums">{formatMoney(spentMicroUsd)}</dd>
      </dl>
      <Form form={form} submit={t.form.save} busy={t.form.saving}>
        <TextField
          form={form}
          name="model"
          label={words.model}
          hint={words.modelHint}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          maxLength={200}
        />
        <TextField
          form={form}
          name="ownMonthlyLimitMicroUsd"
          label={words.limit}
          hint={words.limitHint}
          inputMode="decimal"
          autoComplete="off"
          className="sm:max-w-40"
        />
      </Form>
    </SettingsCard>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { updateMe } from '@/api/client/sdk.gen.ts';
import { checkNewPassword, Form, PasswordField, UsernameHint, useForm } from '@/components/form.tsx';
import { SectionPage, SettingsCard } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { rememberUser, useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';
import { TwoFactorCard } from './two-factor-card.tsx';

/** Password and second factor. */
export function SecurityPage() {
  return (
    <SectionPage title={accountWords.sections.security}>
      <PasswordCard />
      <TwoFactorCard />
    </SectionPage>
  );
}

function PasswordCard() {
  const user = useUser();
  const queries = useQueryClient();
  const words = accountWords.password;
  const form = useForm({
    names: ['currentPassword', 'password'],
    check: ({ currentPassword, password }) => ({
      currentPassword: currentPassword === '' ? t.form.required : undefined,
      password: checkNewPassword(password),
    }),
    send: async (body) => (await updateMe({ body, throwOnError: true })).data,
    onDone: (changed) => {
      rememberUser(queries, changed);
      toast(words.done);
    },
    fieldOfCode: { password_wrong: 'currentPassword' },
    clear: true,
  });
  return (
    <SettingsCard title={words.title} intro={<p>{words.hint}</p>}>
      <Form form={form} submit={words.submit} busy={words.busy} variant="secondary">
        <UsernameHint email={user.email} />
        <PasswordField form={form} name="currentPassword" label={words.current} autoComplete="current-password" />
        <PasswordField
          form={form}
          name="password"
          label={t.door.newPassword}
          hint={t.door.passwordHint}
          autoComplete="new-password"
        />
      </Form>
    </SettingsCard>
  );
}

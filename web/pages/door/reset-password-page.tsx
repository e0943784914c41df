import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { resetPassword } from '@/api/client/sdk.gen.ts';
import { checkNewPassword, Form, PasswordField, useForm } from '@/components/form.tsx';
import { sayFarewell } from '@/session/farewell.ts';
import { readSession, tellOtherTabs } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { DoorPage, ForgotLink, LogInLink } from './door-page.tsx';
import { useMailedToken } from './use-mailed-token.ts';

/** Chooses a new password with the link of a mail; every device is signed out by it. */
export function ResetPasswordPage() {
  const token = useMailedToken();
  const below = (
    <p>
      <ForgotLink>{t.door.reset.newLink}</ForgotLink>
    </p>
  );
  if (!token) return <DoorPage title={t.door.reset.noToken} intro={t.door.reset.noTokenText} below={below} />;
  return (
    <DoorPage title={t.door.reset.title} intro={t.door.reset.intro} below={below}>
      <ResetForm key={token} token={token} />
      <p className="text-center text-sm">
        <LogInLink>{t.door.backToLogIn}</LogInLink>
      </p>
    </DoorPage>
  );
}

function ResetForm({ token }: { token: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    names: ['password'],
    check: ({ password }) => ({ password: checkNewPassword(password) }),
    send: ({ password }) => resetPassword({ body: { token, password }, throwOnError: true }),
    onDone: async () => {
      sayFarewell('password-reset');
      // The session of this browser has ended too.
      await readSession(queries);
      tellOtherTabs();
      await navigate({ to: '/login' });
    },
  });
  return (
    <Form form={form} submit={t.door.reset.submit} busy={t.door.reset.busy} wide>
      <PasswordField
        form={form}
        name="password"
        label={t.door.newPassword}
        hint={t.door.passwordHint}
        autoComplete="new-password"
        autoFocus
      />
    </Form>
  );
}

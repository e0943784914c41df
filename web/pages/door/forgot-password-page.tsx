import { useState } from 'react';
import { forgotPassword } from '@/api/client/sdk.gen.ts';
import { EmailField, Form, missing, useForm } from '@/components/form.tsx';
import { Notice } from '@/components/notice.tsx';
import { farewell } from '@/session/farewell.ts';
import { useInstance } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { DoorPage, LogInLink } from './door-page.tsx';

/** Has a link mailed with which a new password can be chosen. Never says whether there is such an account. */
export function ForgotPasswordPage() {
  const mail = useInstance()?.mail;
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm({
    names: ['email'],
    initial: { email: farewell()?.email ?? '' },
    keep: 'forgot-password',
    check: (values) => missing(values, 'email'),
    send: ({ email }) => forgotPassword({ body: { email }, throwOnError: true }),
    onDone: (_answer, { email }) => setSentTo(email),
  });
  const below = (
    <p>
      <LogInLink>{t.door.backToLogIn}</LogInLink>
    </p>
  );
  if (sentTo !== null) {
    return (
      <DoorPage title={t.door.forgot.sentTitle} intro={t.door.forgot.sent(sentTo)} below={below}>
        {mail === false ? (
          <Notice tone="warning" title={t.door.forgot.noMail} />
        ) : (
          <p className="text-sm text-muted-foreground">{t.door.checkMail.spam}</p>
        )}
      </DoorPage>
    );
  }
  return (
    <DoorPage title={t.door.forgot.title} intro={t.door.forgot.intro} below={below}>
      <Form form={form} submit={t.door.sendLink} busy={t.door.sending} wide>
        <EmailField form={form} name="email" label={t.door.email} autoFocus />
      </Form>
    </DoorPage>
  );
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { verifyEmailMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import { resendVerification } from '@/api/client/sdk.gen.ts';
import { EmailField, Form, missing, useForm } from '@/components/form.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Button } from '@/components/ui/button.tsx';
import { readSession, sessionOptions, tellOtherTabs } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { DoorPage, LogInLink } from './door-page.tsx';
import { useMailedToken } from './use-mailed-token.ts';

/** Confirms an address, of a new account or a changed one, with the link of the mail. */
export function VerifyEmailPage() {
  const token = useMailedToken();
  const queries = useQueryClient();
  const verify = useMutation({
    ...verifyEmailMutation(),
    onSuccess: async () => {
      await readSession(queries);
      tellOtherTabs();
    },
  });
  const { mutate } = verify;
  // A token works once, and an effect may run twice.
  const used = useRef<string | null>(null);
  useEffect(() => {
    if (token === null || used.current === token) return;
    used.current = token;
    mutate({ body: { token } });
  }, [token, mutate]);
  const signedIn = queries.getQueryData(sessionOptions.queryKey)?.user != null;
  const words = t.door.verify;
  if (token === null) {
    return (
      <DoorPage title={words.noToken} intro={words.noTokenText} below={<LogInLink />}>
        <NewLinkForm />
      </DoorPage>
    );
  }
  if (verify.isSuccess) {
    return (
      <DoorPage title={words.done} intro={signedIn ? words.doneSignedIn : words.doneText}>
        <Button variant="primary" asChild>
          <Link to={signedIn ? '/' : '/login'} autoFocus>
            {signedIn ? words.goOn : t.door.logIn}
          </Link>
        </Button>
      </DoorPage>
    );
  }
  if (!verify.error) {
    return (
      <DoorPage title={words.title}>
        <p role="status" className="text-muted-foreground">
          {words.working}
        </p>
      </DoorPage>
    );
  }
  if (verify.error.code !== 'link_invalid') {
    return (
      <DoorPage title={words.failed} below={<LogInLink />}>
        <ProblemNotice problem={verify.error} />
        <Button onClick={() => mutate({ body: { token } })}>{words.again}</Button>
      </DoorPage>
    );
  }
  return (
    <DoorPage title={words.failed} below={<LogInLink />}>
      <p role="alert" className="font-medium text-danger">
        <ServerText>{verify.error.detail}</ServerText>
      </p>
      <p className="text-muted-foreground">{words.failedText}</p>
      <NewLinkForm />
    </DoorPage>
  );
}

function NewLinkForm() {
  const [sent, setSent] = useState(false);
  const form = useForm({
    names: ['email'],
    check: (values) => missing(values, 'email'),
    send: ({ email }) => resendVerification({ body: { email }, throwOnError: true }),
    onDone: () => setSent(true),
  });
  return (
    <>
      <Form form={form} submit={t.door.sendLink} busy={t.door.sending} wide variant="secondary">
        <EmailField form={form} name="email" label={t.door.email} />
      </Form>
      <p role="status" className={sent ? 'text-sm text-success' : 'sr-only'}>
        {sent && t.door.verify.sent}
      </p>
    </>
  );
}

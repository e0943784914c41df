import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { register } from '@/api/client/sdk.gen.ts';
import type { RegisterData } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { checkNewPassword, EmailField, Form, missing, PasswordField, TextField, useForm } from '@/components/form.tsx';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { storedLanguage } from '@/language.ts';
import { sayFarewell } from '@/session/farewell.ts';
import { ownPath } from '@/session/own-path.ts';
import { type Instance, sessionOptions, useInstance } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { DoorPage, LogInLink } from './door-page.tsx';
import { ResendLink } from './resend-link.tsx';
import { signIn } from './sign-in.ts';
import { useMailedToken } from './use-mailed-token.ts';

/** Makes an account, or says why none can be made here. */
export function RegisterPage() {
  const instance = useInstance();
  const invitation = useMailedToken();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const user = useQuery(sessionOptions).data?.user;
  const [before] = useState(user);
  const { next } = useSearch({ from: '/register' });
  const navigate = useNavigate();
  // An invitation is for someone who may have another account open in this browser.
  const occupied = before && user && invitation;
  const goOn = Boolean(user) && !occupied;
  useEffect(() => {
    if (goOn) void navigate({ href: ownPath(next, window.location.origin) ?? '/', replace: true });
  }, [goOn, next, navigate]);
  if (!instance || goOn) return null;
  if (occupied) return <SignedIn email={user.email} />;
  if (sentTo) return <CheckMail email={sentTo} onBack={() => setSentTo(null)} />;
  if (!invitation && !instance.firstAccount && instance.signUps !== 'open') return <NoSignUp mode={instance.signUps} />;
  return <RegisterForm instance={instance} invitation={invitation} onMailed={setSentTo} />;
}

function RegisterForm({
  instance,
  invitation,
  onMailed,
}: {
  instance: Instance;
  invitation: string | null;
  onMailed: (email: string) => void;
}) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const words = t.door.register;
  const form = useForm({
    names: ['name', 'email', 'password'],
    keep: 'register',
    check: (values) => ({ ...missing(values, 'name', 'email'), password: checkNewPassword(values.password) }),
    send: async (values) => {
      const user = await registerHere({ ...values, ...(invitation ? { invitation } : {}) });
      if (instance.mail && !user.emailVerified && !instance.firstAccount) return 'mailed';
      return signIn(queries, { email: values.email, password: values.password }).then(
        () => 'signed-in',
        (error: unknown) => obstacleOf(error),
      );
    },
    onDone: async (outcome, { email }) => {
      if (outcome === 'mailed') onMailed(email);
      if (outcome !== 'refused') return;
      sayFarewell('may-have-account', email);
      await navigate({ to: '/login', search: true });
    },
  });
  const title = instance.firstAccount ? words.firstTitle : invitation ? words.invited : words.title;
  const intro = instance.firstAccount ? words.firstIntro : invitation ? words.invitedIntro : undefined;
  const emailHint = invitation ? words.emailHintInvited : instance.mail ? words.emailHint : words.emailHintNoMail;
  return (
    <DoorPage
      title={title}
      intro={intro}
      below={
        <p className="text-muted-foreground">
          {words.haveAccount} <LogInLink />
        </p>
      }
    >
      <Form form={form} submit={words.submit} busy={words.busy} wide>
        <TextField form={form} name="name" label={words.name} autoComplete="name" maxLength={100} autoFocus />
        <EmailField form={form} name="email" label={t.door.email} hint={emailHint} />
        <PasswordField
          form={form}
          name="password"
          label={t.door.password}
          hint={t.door.passwordHint}
          autoComplete="new-password"
        />
      </Form>
    </DoorPage>
  );
}

/** Registers with the browser's time zone, unless the server does not know that one, and the language that was chosen here. */
async function registerHere(form: RegisterData['body']) {
  const locale = storedLanguage();
  const body = { ...form, ...(locale ? { locale } : {}) };
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  try {
    return (await register({ body: { ...body, timeZone }, throwOnError: true })).data.user;
  } catch (error) {
    if (!(error instanceof ApiProblem) || !error.errors?.every(({ path }) => path === 'timeZone')) throw error;
    return (await register({ body, throwOnError: true })).data.user;
  }
}

/** The account may wait for its confirmation, or be someone's of long ago: the server answers the same to a stranger. */
function obstacleOf(error: unknown): 'mailed' | 'refused' {
  if (error instanceof ApiProblem && error.code === 'email_not_verified') return 'mailed';
  if (error instanceof ApiProblem && ['invalid_credentials', 'two_factor_required'].includes(error.code))
    return 'refused';
  throw error;
}

function CheckMail({ email, onBack }: { email: string; onBack: () => void }) {
  return (
    <DoorPage
      title={t.door.checkMail.title}
      intro={t.door.checkMail.text(email)}
      below={
        <p>
          <LogInLink />
        </p>
      }
    >
      <p className="text-sm text-muted-foreground">{t.door.checkMail.spam}</p>
      <ResendLink email={email} />
      <Button variant="link" size="small" className="justify-self-start" onClick={onBack}>
        {t.door.checkMail.otherAddress}
      </Button>
    </DoorPage>
  );
}

function NoSignUp({ mode }: { mode: 'invite' | 'closed' }) {
  const words = t.door.register;
  return (
    <DoorPage
      title={mode === 'closed' ? words.closed : words.inviteOnly}
      intro={mode === 'closed' ? words.closedText : words.inviteOnlyText}
      below={
        <p className="text-muted-foreground">
          {words.haveAccount} <LogInLink />
        </p>
      }
    />
  );
}

function SignedIn({ email }: { email: string }) {
  return (
    <DoorPage title={t.door.register.invited}>
      <Notice tone="warning" title={t.door.register.signedIn(email)}>
        <p>{t.door.register.signedInText}</p>
      </Notice>
      <Button asChild>
        <Link to="/">{t.door.register.goOn}</Link>
      </Button>
    </DoorPage>
  );
}

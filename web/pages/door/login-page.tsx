import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmailField, Form, missing, PasswordField, TextField, useForm } from '@/components/form.tsx';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { farewell } from '@/session/farewell.ts';
import { useInstance } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { DoorPage, ForgotLink, RegisterLink } from './door-page.tsx';
import { ResendLink } from './resend-link.tsx';
import { signIn } from './sign-in.ts';

interface Credentials {
  email: string;
  password: string;
}

/** Logs in; with a second factor in two steps. */
export function LoginPage() {
  const [waiting, setWaiting] = useState<Credentials | null>(null);
  const [email, setEmail] = useState(farewell()?.email ?? '');
  if (waiting) return <CodeStep credentials={waiting} onBack={() => setWaiting(null)} />;
  return (
    <PasswordStep
      email={email}
      onCodeWanted={(credentials) => {
        setEmail(credentials.email);
        setWaiting(credentials);
      }}
    />
  );
}

type Obstacle = { code: 'email_not_verified' | 'account_disabled'; email: string };

function PasswordStep({ email, onCodeWanted }: { email: string; onCodeWanted: (credentials: Credentials) => void }) {
  const queries = useQueryClient();
  const instance = useInstance();
  const [obstacle, setObstacle] = useState<Obstacle | null>(null);
  const [why] = useState(() => farewell()?.why);
  const form = useForm({
    names: ['email', 'password'],
    initial: { email },
    keep: 'login',
    check: (values) => ({
      ...missing(values, 'email'),
      // A password may well be made of spaces.
      ...(values.password === '' ? { password: t.form.required } : {}),
    }),
    send: (values) => {
      setObstacle(null);
      return signIn(queries, values);
    },
    onProblem: ({ code }, values) => {
      if (code === 'two_factor_required') onCodeWanted(values);
      else if (code === 'email_not_verified' || code === 'account_disabled') setObstacle({ code, email: values.email });
      else return false;
      return true;
    },
  });
  return (
    <DoorPage
      title={t.door.login.title}
      below={
        instance &&
        (instance.firstAccount || instance.signUps === 'open') && (
          <p className="text-muted-foreground">
            {instance.firstAccount ? t.door.login.createFirst : t.door.login.noAccount} <RegisterLink />
          </p>
        )
      }
    >
      {why && <FarewellNotice why={why} />}
      <Form form={form} submit={t.door.login.submit} busy={t.door.login.busy} wide>
        <EmailField form={form} name="email" label={t.door.email} autoFocus={!email} />
        <PasswordField
          form={form}
          name="password"
          label={t.door.password}
          autoComplete="current-password"
          autoFocus={email !== ''}
        />
      </Form>
      {obstacle && <ObstacleNotice {...obstacle} />}
      <p className="text-center text-sm">
        <ForgotLink />
      </p>
    </DoorPage>
  );
}

function FarewellNotice({ why }: { why: keyof typeof t.door.login.farewells }) {
  const text =
    why === 'ended' ? t.door.login.endedText : why === 'may-have-account' ? t.door.login.mayHaveAccountText : null;
  return (
    <Notice
      tone={why === 'ended' || why === 'may-have-account' ? 'warning' : 'accent'}
      title={t.door.login.farewells[why]}
    >
      {text && <p>{text}</p>}
    </Notice>
  );
}

function ObstacleNotice({ code, email }: Obstacle) {
  return code === 'account_disabled' ? (
    <Notice tone="danger" alert title={t.door.login.disabled}>
      <p>{t.door.login.disabledText}</p>
    </Notice>
  ) : (
    <Notice tone="warning" alert title={t.door.login.unverified}>
      <p>{t.door.login.unverifiedText(email)}</p>
      <ResendLink email={email} />
    </Notice>
  );
}

function CodeStep({ credentials, onBack }: { credentials: Credentials; onBack: () => void }) {
  const queries = useQueryClient();
  const [backup, setBackup] = useState(false);
  const form = useForm({
    names: ['code'],
    check: (values) => missing(values, 'code'),
    send: ({ code }) => signIn(queries, { ...credentials, code }),
    fieldOfCode: { two_factor_invalid: 'code' },
  });
  return (
    <DoorPage title={t.door.twoFactor.title} intro={t.door.twoFactor.intro(credentials.email)}>
      <Form form={form} submit={t.door.login.submit} busy={t.door.login.busy} wide>
        <TextField
          key={String(backup)}
          form={form}
          name="code"
          label={backup ? t.door.twoFactor.backupCode : t.door.twoFactor.code}
          hint={backup ? t.door.twoFactor.backupCodeHint : t.door.twoFactor.codeHint}
          inputMode={backup ? 'text' : 'numeric'}
          autoComplete={backup ? 'off' : 'one-time-code'}
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          maxLength={40}
          autoFocus
          className="font-mono tracking-widest"
        />
      </Form>
      <div className="flex flex-wrap justify-between gap-x-4 gap-y-2">
        <Button variant="link" size="small" onClick={() => setBackup((before) => !before)}>
          {backup ? t.door.twoFactor.useApp : t.door.twoFactor.useBackup}
        </Button>
        <Button variant="link" size="small" onClick={onBack}>
          {t.door.twoFactor.startOver}
        </Button>
      </div>
    </DoorPage>
  );
}

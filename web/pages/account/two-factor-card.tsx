import { useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { confirmTwoFactor, disableTwoFactor, prepareTwoFactor, renewBackupCodes } from '@/api/client/sdk.gen.ts';
import type { PrepareTwoFactorResponse } from '@/api/client/types.gen.ts';
import { CopyButton } from '@/components/copy-button.tsx';
import { Form, missing, PasswordField, TextField, UsernameHint, useForm } from '@/components/form.tsx';
import { QrCode } from '@/components/qr-code.tsx';
import { SettingsCard } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { rememberUser, useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';

type Step =
  | { name: 'idle' }
  | { name: 'turn-on' | 'turn-off' | 'new-codes' }
  | { name: 'scan'; setup: PrepareTwoFactorResponse }
  | { name: 'codes'; codes: string[] };

const words = accountWords.twoFactor;

/** The second factor: turned on in three steps (password, first code, backup codes), and off again. */
export function TwoFactorCard() {
  const user = useUser();
  const queries = useQueryClient();
  const [step, setStep] = useState<Step>({ name: 'idle' });
  const idle = () => setStep({ name: 'idle' });
  const on = user.twoFactorEnabled;
  return (
    <SettingsCard
      title={words.title}
      badge={<Badge tone={on ? 'success' : 'neutral'}>{on ? words.on : words.off}</Badge>}
      intro={<p>{on ? words.onText : words.offText}</p>}
    >
      {step.name === 'idle' && (
        <div className="flex flex-wrap gap-2">
          {on ? (
            <>
              <Button onClick={() => setStep({ name: 'new-codes' })}>{words.newCodes}</Button>
              <Button variant="danger" onClick={() => setStep({ name: 'turn-off' })}>
                {words.turnOff}
              </Button>
            </>
          ) : (
            <Button onClick={() => setStep({ name: 'turn-on' })}>{words.turnOn}</Button>
          )}
        </div>
      )}
      {step.name === 'turn-on' && (
        <PasswordStep
          submit={words.goOn}
          busy={words.busy}
          send={async (password) => {
            const { data } = await prepareTwoFactor({ body: { password }, throwOnError: true });
            setStep({ name: 'scan', setup: data });
          }}
          onCancel={idle}
        />
      )}
      {step.name === 'scan' && (
        <ScanStep
          setup={step.setup}
          onDone={() => setStep({ name: 'codes', codes: step.setup.backupCodes })}
          onCancel={idle}
        />
      )}
      {step.name === 'codes' && <CodesStep codes={step.codes} onDone={idle} />}
      {step.name === 'new-codes' && (
        <PasswordStep
          hint={words.codesHint}
          submit={words.newCodes}
          busy={words.busy}
          send={async (password) => {
            const { data } = await renewBackupCodes({ body: { password }, throwOnError: true });
            setStep({ name: 'codes', codes: data.backupCodes });
          }}
          onCancel={idle}
        />
      )}
      {step.name === 'turn-off' && (
        <PasswordStep
          hint={words.offHint}
          submit={words.turnOff}
          busy={words.turningOff}
          danger
          send={async (password) => {
            const { data } = await disableTwoFactor({ body: { password }, throwOnError: true });
            rememberUser(queries, data.user);
            idle();
            toast(words.turnedOff);
          }}
          onCancel={idle}
        />
      )}
    </SettingsCard>
  );
}

function PasswordStep({
  hint,
  submit,
  busy,
  danger,
  send,
  onCancel,
}: {
  hint?: string;
  submit: string;
  busy: string;
  danger?: boolean;
  send: (password: string) => Promise<void>;
  onCancel: () => void;
}) {
  const user = useUser();
  const form = useForm({
    names: ['password'],
    check: ({ password }) => ({ password: password === '' ? t.form.required : undefined }),
    send: ({ password }) => send(password),
    fieldOfCode: { password_wrong: 'password' },
  });
  return (
    <Form
      form={form}
      submit={submit}
      busy={busy}
      variant={danger ? 'danger' : 'primary'}
      actions={<CancelButton onClick={onCancel} />}
    >
      <UsernameHint email={user.email} />
      <PasswordField
        form={form}
        name="password"
        label={words.password}
        hint={hint}
        autoComplete="current-password"
        autoFocus
      />
    </Form>
  );
}

function ScanStep({
  setup,
  onDone,
  onCancel,
}: {
  setup: PrepareTwoFactorResponse;
  onDone: () => void;
  onCancel: () => void;
}) {
  const queries = useQueryClient();
  const form = useForm({
    names: ['code'],
    check: (values) => missing(values, 'code'),
    send: async ({ code }) => (await confirmTwoFactor({ body: { code }, throwOnError: true })).data.user,
    onDone: (changed) => {
      rememberUser(queries, changed);
      toast(words.turnedOn);
      onDone();
    },
    fieldOfCode: { two_factor_invalid: 'code' },
  });
  return (
    <Form form={form} submit={words.confirm} busy={words.confirming} actions={<CancelButton onClick={onCancel} />}>
      <div>
        <h3 className="font-medium">{words.scan}</h3>
        <p className="text-sm text-muted-foreground">{words.scanText}</p>
      </div>
      <QrCode text={setup.totpUri} label={words.qr} />
      <div className="grid grid-cols-1 gap-1.5">
        <p className="text-sm text-muted-foreground">{words.secret}</p>
        <p className="flex flex-wrap items-center gap-3">
          <code className="font-mono text-sm break-all select-all">{setup.secret.replace(/.{4}(?=.)/g, '$& ')}</code>
          <CopyButton text={setup.secret} />
        </p>
      </div>
      <TextField
        form={form}
        name="code"
        label={words.code}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={40}
        autoFocus
        className="max-w-48 font-mono tracking-widest"
      />
    </Form>
  );
}

function CodesStep({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const text = codes.join('\n');
  return (
    <div className="grid grid-cols-1 gap-4">
      <div>
        <h3 ref={heading} tabIndex={-1} className="font-medium">
          {words.codesTitle}
        </h3>
        <p className="text-sm text-muted-foreground">{words.codesText}</p>
      </div>
      <ul
        aria-label={words.codes}
        className="grid grid-cols-2 gap-x-6 gap-y-1.5 justify-self-start rounded-lg bg-muted px-4 py-3 font-mono text-sm select-all"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={text}>{words.copyAll}</CopyButton>
        <Button size="small" onClick={() => save(`${text}\n`, 'blog-poster-backup-codes.txt')}>
          <Download aria-hidden="true" />
          {words.download}
        </Button>
      </div>
      <Button variant="primary" className="justify-self-start" onClick={onDone}>
        {words.kept}
      </Button>
    </div>
  );
}

const CancelButton = ({ onClick }: { onClick: () => void }) => (
  <Button variant="ghost" onClick={onClick}>
    {t.common.cancel}
  </Button>
);

/** Hands a text to the browser as a file to keep. */
function save(text: string, fileName: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(address);
}

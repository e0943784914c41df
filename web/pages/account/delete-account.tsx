import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteMe } from '@/api/client/sdk.gen.ts';
import { EmailField, Form, PasswordField, UsernameHint, useForm } from '@/components/form.tsx';
import { SettingsCard } from '@/components/sections.tsx';
import { Button } from '@/components/ui/button.tsx';
import { sayFarewell } from '@/session/farewell.ts';
import { readSession, tellOtherTabs, useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';
import { forgetDrafts } from '../new-article/use-draft.ts';

/** Ends the account after it was said what that means. */
export function DeleteAccount() {
  const [open, setOpen] = useState(false);
  const words = accountWords.remove;
  return (
    <SettingsCard
      title={words.title}
      intro={
        <div className="grid gap-2">
          <p>{words.gone}</p>
          <p>{words.stays}</p>
        </div>
      }
    >
      {open ? (
        <DeleteForm onCancel={() => setOpen(false)} />
      ) : (
        <div>
          <Button variant="danger" onClick={() => setOpen(true)}>
            {words.start}
          </Button>
        </div>
      )}
    </SettingsCard>
  );
}

function DeleteForm({ onCancel }: { onCancel: () => void }) {
  const user = useUser();
  const queries = useQueryClient();
  const words = accountWords.remove;
  const form = useForm({
    names: ['typed', 'password'],
    check: ({ typed, password }) => ({
      ...(typed.trim().toLowerCase() === user.email ? {} : { typed: words.typedWrong }),
      ...(password === '' ? { password: t.form.required } : {}),
    }),
    send: ({ password }) => deleteMe({ body: { password }, throwOnError: true }),
    onDone: async () => {
      forgetDrafts(user.id);
      sayFarewell('deleted');
      await readSession(queries);
      tellOtherTabs();
    },
    fieldOfCode: { password_wrong: 'password' },
  });
  return (
    <Form
      form={form}
      submit={words.submit}
      busy={words.busy}
      variant="danger"
      actions={
        <Button variant="ghost" onClick={onCancel}>
          {t.common.cancel}
        </Button>
      }
    >
      <UsernameHint email={user.email} />
      <EmailField form={form} name="typed" label={words.typed(user.email)} autoComplete="off" autoFocus />
      <PasswordField
        form={form}
        name="password"
        label={words.password}
        hint={words.passwordHint}
        autoComplete="current-password"
      />
    </Form>
  );
}

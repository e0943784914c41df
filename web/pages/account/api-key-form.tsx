import { useState } from 'react';
import { createApiKey } from '@/api/client/sdk.gen.ts';
import type { CreateApiKeyResponse } from '@/api/client/types.gen.ts';
import { Form, missing, TextField, useForm } from '@/components/form.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field, FieldError } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/input.tsx';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';

const words = accountWords.apiKeys;
const scopes = ['read', 'write', 'publish'] as const;
type Scope = (typeof scopes)[number];
const expiries = ['30', '90', '365', 'never'] as const;
const dayMs = 86_400_000;

/** Makes a key: what it is for, what it may do, until when. */
export function ApiKeyForm({
  onMade,
  onCancel,
}: {
  onMade: (made: CreateApiKeyResponse) => void;
  onCancel: () => void;
}) {
  const [chosen, setChosen] = useState<ReadonlySet<Scope>>(new Set(['read', 'write']));
  const form = useForm({
    names: ['name', 'scopes', 'expiresAt'],
    check: (values) => ({
      ...missing(values, 'name'),
      scopes: chosen.size === 0 ? words.scopesMissing : undefined,
    }),
    send: async ({ name, expiresAt }, attempt) => {
      const days = Number(expiresAt);
      const body = {
        name,
        scopes: scopes.filter((scope) => chosen.has(scope)),
        ...(days ? { expiresAt: new Date(attempt.since + days * dayMs).toISOString() } : {}),
      };
      const headers = { 'Idempotency-Key': attempt.key };
      return (await createApiKey({ body, headers, throwOnError: true })).data;
    },
    onDone: onMade,
    keep: 'api-key',
  });
  const toggle = (scope: Scope, on: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      if (on) next.add(scope);
      else next.delete(scope);
      return next;
    });
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="mb-5 text-lg font-semibold">{words.create}</h2>
      <Form
        form={form}
        submit={words.submit}
        busy={words.busy}
        className="max-w-xl"
        actions={
          <Button variant="ghost" onClick={onCancel}>
            {t.common.cancel}
          </Button>
        }
      >
        <TextField
          form={form}
          name="name"
          label={words.name}
          hint={words.nameHint}
          autoComplete="off"
          maxLength={100}
          autoFocus
        />
        <fieldset className="grid gap-2.5">
          <legend className="mb-1.5 text-sm font-medium">{words.scopes}</legend>
          {scopes.map((scope) => (
            <label key={scope} className="flex cursor-pointer items-start gap-3">
              <input
                type="checkbox"
                name="scopes"
                value={scope}
                checked={chosen.has(scope)}
                aria-invalid={form.mistakes.scopes ? true : undefined}
                aria-describedby="scopes-error"
                onChange={(event) => toggle(scope, event.target.checked)}
                className="mt-1 size-4 shrink-0 accent-accent"
              />
              <span>
                <span className="block font-medium">{words.scope[scope].label}</span>
                <span className="block text-sm text-muted-foreground">{words.scope[scope].hint}</span>
              </span>
            </label>
          ))}
          <FieldError id="scopes-error" error={form.mistakes.scopes} />
        </fieldset>
        <Field label={words.expiry} hint={words.expiryHint} error={form.mistakes.expiresAt}>
          {(control) => (
            <Select {...control} name="expiresAt" defaultValue={form.initial.expiresAt ?? '90'} className="sm:max-w-56">
              {expiries.map((expiry) => (
                <option key={expiry} value={expiry}>
                  {words.expiries[expiry]}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </Form>
    </Card>
  );
}

import { putProviderKey } from '@/api/client/sdk.gen.ts';
import type { ProviderKey } from '@/api/client/types.gen.ts';
import { Form, missing, useForm } from '@/components/form.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/input.tsx';
import { PasswordInput } from '@/components/ui/password-input.tsx';
import { t } from '@/strings.ts';
import { ownKeyWords as words } from '@/strings-keys.ts';

type Provider = ProviderKey['provider'];

/** Takes a key: of one of the providers, or in the place of the one that there is. */
export function OwnKeyForm({
  providers,
  replaced,
  onStored,
  onCancel,
}: {
  providers: readonly Provider[];
  replaced?: ProviderKey | undefined;
  onStored: (key: ProviderKey) => void;
  onCancel: () => void;
}) {
  const form = useForm({
    names: ['provider', 'key'],
    check: (values) => ({
      ...missing(values, 'key'),
      ...(/\s/.test(values.key.trim()) ? { key: words.oneWord } : {}),
    }),
    send: async ({ provider, key }) => {
      const path = { provider: replaced?.provider ?? provider };
      return (await putProviderKey({ path, body: { key: key.trim() }, throwOnError: true })).data;
    },
    onDone: onStored,
    clear: true,
  });
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="mb-5 text-lg font-semibold">{replaced ? words.replaceTitle(replaced.title) : words.addTitle}</h2>
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
        {!replaced && (
          <Field label={words.provider} error={form.mistakes.provider}>
            {(control) => (
              <Select {...control} name="provider" className="sm:max-w-72" autoFocus>
                {providers.map((provider) => (
                  <option key={provider} value={provider}>
                    {words.providers[provider]}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <Field label={words.key} hint={words.keyHint} error={form.mistakes.key}>
          {(control) => (
            <PasswordInput
              {...control}
              name="key"
              words={{ show: words.showKey, hide: words.hideKey }}
              autoComplete="off"
              autoFocus={replaced !== undefined}
              maxLength={520}
            />
          )}
        </Field>
      </Form>
    </Card>
  );
}

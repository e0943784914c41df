import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { createSiteMutation, listSitesQueryKey, updateSiteMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Site } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { dropForm, keepForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';

const fields = ['url', 'name', 'username', 'applicationPassword'] as const;
type Values = Record<(typeof fields)[number], string>;

interface SiteFormProps {
  /** The site to change; a new one without it. */
  site?: Site;
  /** What to do first, above the fields. */
  intro?: ReactNode;
  /** `renewed`: the site that was to be added is there already, and has the new password. */
  onDone: (site: Site, renewed?: boolean) => void;
  onCancel: () => void;
}

/** Connects a WordPress site, or changes how it is reached. The password is sent once and never comes back. */
export function SiteForm({ site, intro, onDone, onCancel }: SiteFormProps) {
  const keptName = `site:${site?.id ?? 'new'}`;
  const [values, setValues] = useState<Values>({
    url: site?.url ?? '',
    name: site?.name ?? '',
    username: site?.username ?? '',
    ...keptForm(keptName),
    applicationPassword: '',
  });
  const form = useRef<HTMLFormElement>(null);
  const attempt = useRef({ body: '', key: '' });
  const queries = useQueryClient();
  const callbacks = {
    onSuccess: async (stored: Site & { renewed?: boolean }) => {
      dropForm(keptName);
      await queries.invalidateQueries({ queryKey: listSitesQueryKey() });
      onDone(stored, stored.renewed);
    },
    onError: () => {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    },
  };
  const create = useMutation({ ...createSiteMutation(), ...callbacks });
  const update = useMutation({ ...updateSiteMutation(), ...callbacks });
  const { error, isPending } = site ? update : create;

  const [missing, setMissing] = useState<(typeof fields)[number][]>([]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isPending) return;
    const empty = fields.filter(
      (name) => !values[name].trim() && !(site && name === 'applicationPassword') && name !== 'name',
    );
    setMissing(empty);
    if (empty.length > 0) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    const { applicationPassword, ...rest } = { ...values, name: values.name.trim() || nameOf(values.url) };
    if (site) {
      update.mutate({
        path: { id: site.id },
        body: { ...rest, ...(applicationPassword ? { applicationPassword } : {}) },
      });
      return;
    }
    const body = { ...rest, applicationPassword };
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { body: text, key: `${Date.now()}-${Math.random()}` };
    create.mutate({ body, headers: { 'Idempotency-Key': attempt.current.key } });
  };
  const field = (name: (typeof fields)[number]) => ({
    label: t.sites.fields[name],
    error: missing.includes(name) ? t.sites.required : mistakeAt(error?.errors, name),
  });
  const input = (name: (typeof fields)[number]) => ({
    name,
    value: values[name],
    onChange: (event: { target: { value: string } }) => {
      setMissing((before) => before.filter((other) => other !== name));
      setValues((before) => {
        const { applicationPassword, ...kept } = { ...before, [name]: event.target.value };
        keepForm(keptName, kept);
        return { ...kept, applicationPassword };
      });
    },
    autoCapitalize: 'off',
    autoCorrect: 'off',
    spellCheck: false,
  });
  const shown = new Set(fields.flatMap((name) => (mistakeAt(error?.errors, name) ? [name] : [])));
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="mb-5 text-lg font-semibold">{site ? t.sites.change : t.sites.add}</h2>
      {intro}
      <form ref={form} onSubmit={submit} noValidate className="grid gap-5 sm:grid-cols-2">
        <Field {...field('url')} hint={t.sites.urlHint}>
          {(control) => (
            <Input
              {...control}
              {...input('url')}
              inputMode="url"
              autoComplete="url"
              placeholder="https://"
              autoFocus={!intro}
            />
          )}
        </Field>
        <Field {...field('name')} hint={t.sites.nameHint}>
          {(control) => <Input {...control} {...input('name')} autoComplete="off" placeholder={nameOf(values.url)} />}
        </Field>
        <Field {...field('username')} hint={t.sites.usernameHint}>
          {(control) => <Input {...control} {...input('username')} autoComplete="off" />}
        </Field>
        <Field {...field('applicationPassword')} hint={site ? t.sites.passwordKept : t.sites.passwordHint}>
          {(control) => (
            <Input
              {...control}
              {...input('applicationPassword')}
              type="password"
              autoComplete="off"
              className="font-mono"
              placeholder="xxxx xxxx xxxx xxxx xxxx xxxx"
            />
          )}
        </Field>
        {error && shown.size === 0 && <ProblemNotice problem={error} className="sm:col-span-2" />}
        <div className="flex flex-wrap gap-2 sm:col-span-2">
          <Button type="submit" variant="primary" aria-disabled={isPending}>
            {isPending ? t.sites.checking : site ? t.sites.saveAndCheck : t.sites.addAndCheck}
          </Button>
          <Button
            variant="ghost"
            onClick={() => {
              dropForm(keptName);
              onCancel();
            }}
          >
            {t.common.cancel}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** The host of an address, as a name for the site. */
function nameOf(url: string): string {
  const typed = url.trim();
  return typed
    ? (URL.parse(/^https?:/i.test(typed) ? typed : `https://${typed}`)?.hostname.replace(/^www\./, '') ?? '')
    : '';
}

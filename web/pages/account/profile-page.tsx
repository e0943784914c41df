import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { updateMe } from '@/api/client/sdk.gen.ts';
import { EmailField, Form, missing, PasswordField, TextField, useForm } from '@/components/form.tsx';
import { Notice } from '@/components/notice.tsx';
import { SectionPage, SettingsCard } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/input.tsx';
import { languages, ownNames } from '@/language.ts';
import { rememberUser, tellOtherTabs, useInstance, useUser } from '@/session/session.ts';
import { speak } from '@/session/speak.ts';
import { t } from '@/strings.ts';
import { accountWords } from '@/strings-account.ts';
import { DeleteAccount } from './delete-account.tsx';
import { OwnData } from './own-data.tsx';

/** Name, language, time zone, address, and the end of the account. */
export function ProfilePage() {
  return (
    <SectionPage title={accountWords.profile.title}>
      <ProfileCard />
      <EmailCard />
      <OwnData />
      <DeleteAccount />
    </SectionPage>
  );
}

function ProfileCard() {
  const user = useUser();
  const queries = useQueryClient();
  const words = accountWords.profile;
  const form = useForm({
    names: ['name', 'locale', 'timeZone'],
    initial: { name: user.name },
    check: (values) => missing(values, 'name'),
    send: async ({ locale, ...values }) => {
      const body = { ...values, locale: languages.find((language) => language === locale) ?? null };
      return (await updateMe({ body, throwOnError: true })).data;
    },
    onDone: (changed) => {
      rememberUser(queries, changed);
      toast(t.form.saved);
      if (changed.locale === user.locale) return;
      tellOtherTabs();
      speak(changed.locale);
    },
    keep: 'profile',
  });
  // The server may know a zone that this browser does not list, such as UTC.
  const zones = [...new Set([user.timeZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].sort();
  return (
    <SettingsCard title={words.card}>
      <Form form={form} submit={t.form.save} busy={t.form.saving}>
        <TextField form={form} name="name" label={words.name} autoComplete="name" maxLength={100} />
        <Field label={words.language} hint={words.languageHint} error={form.mistakes.locale}>
          {(control) => (
            <Select {...control} name="locale" defaultValue={form.initial.locale ?? user.locale ?? ''}>
              <option value="">{words.languageOfBrowser}</option>
              {languages.map((language) => (
                <option key={language} value={language} lang={language}>
                  {ownNames[language]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={words.timeZone} hint={words.timeZoneHint} error={form.mistakes.timeZone}>
          {(control) => (
            <Select {...control} name="timeZone" defaultValue={form.initial.timeZone ?? user.timeZone}>
              {zones.map((zone) => (
                <option key={zone} value={zone}>
                  {zone.replaceAll('_', ' ')}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </Form>
    </SettingsCard>
  );
}

function EmailCard() {
  const user = useUser();
  const mail = useInstance()?.mail ?? true;
  const queries = useQueryClient();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const words = accountWords.email;
  const form = useForm({
    names: ['email', 'currentPassword'],
    check: (values) => ({
      ...missing(values, 'email'),
      ...(values.currentPassword === '' ? { currentPassword: t.form.required } : {}),
      ...(values.email.trim().toLowerCase() === user.email ? { email: words.same } : {}),
    }),
    send: async (body) => (await updateMe({ body, throwOnError: true })).data,
    onDone: (changed, { email }) => {
      rememberUser(queries, changed);
      // Where no mail can be sent, the change is made at once.
      if (mail) setSentTo(email);
      else toast(words.changed);
    },
    fieldOfCode: { password_wrong: 'currentPassword' },
    keep: 'email',
    clear: true,
  });
  return (
    <SettingsCard
      title={words.title}
      badge={
        mail && (
          <Badge tone={user.emailVerified ? 'success' : 'warning'}>
            {user.emailVerified ? words.confirmed : words.unconfirmed}
          </Badge>
        )
      }
      intro={<p className="break-all">{user.email}</p>}
    >
      {sentTo && (
        <Notice tone="accent" alert title={words.sent(sentTo)}>
          <p>{words.sentText}</p>
        </Notice>
      )}
      <Form form={form} submit={words.submit} busy={words.busy} variant="secondary">
        <EmailField
          form={form}
          name="email"
          label={words.newEmail}
          hint={mail ? words.newEmailHint : words.newEmailHintNoMail}
          autoComplete="email"
        />
        <PasswordField form={form} name="currentPassword" label={words.password} autoComplete="current-password" />
      </Form>
    </SettingsCard>
  );
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { listSitesQueryKey, updateSiteMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Site, SiteSettings } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select, Textarea } from '@/components/ui/input.tsx';
import { languages } from '@/format/languages.ts';
import { languageNames } from '@/format/reader.ts';
import { dropForm, keepForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { connectWords as words } from '@/strings-sites.ts';
import { PostDefaults } from './post-defaults.tsx';

const keptName = (site: Site) => `site-settings:${site.id}`;

/** Whether something was changed in the settings of a site and not saved. */
export const hasKeptSettings = (site: Site) => keptForm(keptName(site)) !== undefined;

/** How posts are made on a site unless an article asks for something else. */
export function SiteSettingsForm({ site, onClose }: { site: Site; onClose: () => void }) {
  const queries = useQueryClient();
  const [changes, setChanges] = useState<Partial<SiteSettings>>(() =>
    JSON.parse(keptForm(keptName(site))?.json ?? '{}'),
  );
  const form = useRef<HTMLFormElement>(null);
  const save = useMutation({
    ...updateSiteMutation(),
    onSuccess: async () => {
      dropForm(keptName(site));
      toast(t.form.saved);
      await queries.invalidateQueries({ queryKey: listSitesQueryKey() });
      onClose();
    },
    onError: () => {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    },
  });
  const value = { ...site.settings, ...changes };
  const change = (part: Partial<SiteSettings>) => {
    const all = { ...changes, ...part };
    keepForm(keptName(site), { json: JSON.stringify(all) });
    setChanges(all);
  };
  const errorAt = (name: keyof SiteSettings) => mistakeAt(save.error?.errors, `settings.${name}`);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!save.isPending) save.mutate({ path: { id: site.id }, body: { settings: changes } });
  };
  const names = languageNames();
  const statuses = (['draft', 'publish'] as const).map((status) => ({ value: status, label: words.statuses[status] }));
  return (
    <form
      ref={form}
      onSubmit={submit}
      noValidate
      aria-label={words.settingsOf(site.name)}
      className="grid gap-5 border-t border-border px-4 py-5 sm:px-5"
    >
      <p className="text-sm text-muted-foreground">{words.settingsIntro}</p>
      <div className="grid gap-5 sm:grid-cols-2">
        <Choice
          legend={words.status}
          value={value.status}
          options={statuses}
          onChange={(status) => change({ status })}
        />
        <Field label={words.language} error={errorAt('language')}>
          {(control) => (
            <Select
              {...control}
              value={value.language ?? ''}
              onChange={(event) => change({ language: event.target.value || null })}
            >
              <option value="">{words.languageAny}</option>
              {languages.map((code) => (
                <option key={code} value={code}>
                  {names.of(code)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={words.voice} hint={words.voiceHint} error={errorAt('voice')} className="sm:col-span-2">
          {(control) => (
            <Textarea
              {...control}
              value={value.voice ?? ''}
              maxLength={1000}
              placeholder={t.newArticle.voicePlaceholder}
              onChange={(event) => change({ voice: event.target.value.trim() === '' ? null : event.target.value })}
            />
          )}
        </Field>
      </div>
      <PostDefaults siteId={site.id} value={value} onChange={change} errorAt={errorAt} />
      {save.error && <ProblemNotice problem={save.error} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" aria-disabled={save.isPending}>
          {save.isPending ? t.form.saving : t.form.save}
        </Button>
        <Button
          variant="ghost"
          onClick={() => {
            dropForm(keptName(site));
            onClose();
          }}
        >
          {t.common.cancel}
        </Button>
      </div>
    </form>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useId } from 'react';
import { listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { cn } from '@/components/class-names.ts';
import { SiteTimeField } from '@/components/site-time-field.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Select, Textarea } from '@/components/ui/input.tsx';
import { languages } from '@/format/languages.ts';
import { languageNames } from '@/format/reader.ts';
import { t } from '@/strings.ts';
import type { Draft } from './draft.ts';

interface MoreOptionsProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** Whether sources will be looked for on the web. */
  searches: boolean;
  errorAt: (path: string) => string | undefined;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** What has a good default: how the article should sound, where it goes, what it may cost. */
export function MoreOptions({ draft, change, searches, errorAt, open, onOpenChange }: MoreOptionsProps) {
  const id = useId();
  const names = languageNames();
  return (
    <div className="rounded-xl border border-border bg-card">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => onOpenChange(!open)}
        className="flex w-full items-center gap-2.5 rounded-xl px-4 py-3 text-left font-medium"
      >
        <ChevronRight
          aria-hidden="true"
          className={cn('size-4 shrink-0 text-muted-foreground transition-transform', open && 'rotate-90')}
        />
        <span className="whitespace-nowrap">{t.newArticle.more}</span>
        {!open && (
          <span className="truncate text-sm font-normal text-muted-foreground">{t.newArticle.moreSummary}</span>
        )}
      </button>
      <div id={id} hidden={!open} className="grid gap-5 border-t border-border p-4 sm:grid-cols-2 sm:p-5">
        <Field label={t.newArticle.keyword} hint={t.newArticle.keywordHint} error={errorAt('keyword')}>
          {(control) => (
            <Input
              {...control}
              name="keyword"
              value={draft.keyword}
              maxLength={100}
              onChange={(e) => change({ keyword: e.target.value })}
            />
          )}
        </Field>
        <Field label={t.newArticle.language} hint={t.newArticle.languageHint} error={errorAt('language')}>
          {(control) => (
            <Select
              {...control}
              name="language"
              value={draft.language}
              onChange={(e) => change({ language: e.target.value })}
            >
              <option value="">{t.newArticle.languageOfSources}</option>
              {languages.map((code) => (
                <option key={code} value={code}>
                  {names.of(code)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t.newArticle.audience} error={errorAt('audience')}>
          {(control) => (
            <Input
              {...control}
              name="audience"
              placeholder={t.newArticle.audiencePlaceholder}
              value={draft.audience}
              maxLength={300}
              onChange={(e) => change({ audience: e.target.value })}
            />
          )}
        </Field>
        <Field label={t.newArticle.budget} hint={t.newArticle.budgetHint} error={errorAt('budgetMicroUsd')}>
          {(control) => (
            <Input
              {...control}
              name="budgetMicroUsd"
              inputMode="decimal"
              value={draft.budget}
              onChange={(e) => change({ budget: e.target.value })}
            />
          )}
        </Field>
        <Field label={t.newArticle.voice} error={errorAt('voice')} className="sm:col-span-2">
          {(control) => (
            <Textarea
              {...control}
              name="voice"
              placeholder={t.newArticle.voicePlaceholder}
              value={draft.voice}
              maxLength={1000}
              onChange={(e) => change({ voice: e.target.value })}
            />
          )}
        </Field>
        {searches &&
          (['allow', 'deny'] as const).map((list) => {
            const name = list === 'allow' ? 'searchAllow' : 'searchDeny';
            return (
              <Field
                key={list}
                label={t.newArticle.search[list]}
                hint={t.newArticle.search.hint}
                error={errorAt(`search.${list}`)}
              >
                {(control) => (
                  <Input
                    {...control}
                    name={name}
                    autoCapitalize="off"
                    spellCheck={false}
                    placeholder={t.newArticle.search.placeholder}
                    value={draft[name]}
                    onChange={(e) => change({ [name]: e.target.value })}
                  />
                )}
              </Field>
            );
          })}
        <Publishing draft={draft} change={change} errorAt={errorAt} />
        <label className="flex items-start gap-3 sm:col-span-2">
          <input
            type="checkbox"
            name="duplicates"
            checked={draft.allowDuplicate}
            onChange={(e) => change({ allowDuplicate: e.target.checked })}
            className="mt-1 size-4 shrink-0 accent-accent"
          />
          <span>
            <span className="text-sm font-medium">{t.newArticle.duplicates}</span>
            <span className="block text-sm text-muted-foreground">{t.newArticle.duplicatesHint}</span>
          </span>
        </label>
      </div>
    </div>
  );
}

function Publishing({ draft, change, errorAt }: Pick<MoreOptionsProps, 'draft' | 'change' | 'errorAt'>) {
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const items = sites.data?.items ?? [];
  const timeZone = items.find((site) => site.id === draft.siteId)?.timezone;
  if (sites.isSuccess && items.length === 0) {
    return (
      <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg bg-muted p-3.5 text-sm sm:col-span-2">
        <p>{t.newArticle.noSites}</p>
        <Button size="small" asChild>
          <Link to="/sites">{t.sites.add}</Link>
        </Button>
      </div>
    );
  }
  return (
    <>
      <Field label={t.newArticle.site} error={errorAt('siteId') ?? sites.error?.detail} className="sm:col-span-2">
        {(control) => (
          <Select {...control} name="siteId" value={draft.siteId} onChange={(e) => change({ siteId: e.target.value })}>
            <option value="">{t.newArticle.siteNone}</option>
            {/* The chosen one stays chosen while the list is on its way. */}
            {draft.siteId && !items.some((site) => site.id === draft.siteId) && (
              <option value={draft.siteId}>{sites.isSuccess ? t.newArticle.siteGone : t.common.loading}</option>
            )}
            {items.map((site) => (
              <option key={site.id} value={site.id}>
                {site.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {draft.siteId && (
        <Choice
          legend={t.newArticle.publish}
          value={draft.publish}
          onChange={(publish) => change({ publish })}
          options={[
            { value: 'draft', label: t.newArticle.publishDraft },
            { value: 'publish', label: t.newArticle.publishLive },
          ]}
          className="sm:col-span-2"
        />
      )}
      {draft.siteId && draft.publish === 'publish' && (
        <SiteTimeField
          label={t.newArticle.publishAt(timeZone ?? '')}
          name="publishAt"
          hint={t.newArticle.publishAtHint}
          value={draft.publishAt}
          onChange={(publishAt) => change({ publishAt })}
          timeZone={timeZone}
          error={errorAt('publishAt')}
        />
      )}
      {draft.siteId && draft.publish === 'publish' && (
        <Choice
          legend={t.newArticle.approval}
          value={draft.approval}
          onChange={(approval) => change({ approval })}
          options={[
            { value: 'manual', label: t.newArticle.approvalManual },
            { value: 'auto', label: t.newArticle.approvalAuto },
          ]}
          className="sm:col-span-2"
        />
      )}
      {draft.siteId && draft.publish === 'publish' && draft.approval === 'auto' && (
        <Field label={t.newArticle.holdHours} error={errorAt('holdHours')}>
          {(control) => (
            <Input
              {...control}
              name="holdHours"
              inputMode="numeric"
              value={draft.holdHours}
              onChange={(e) => change({ holdHours: e.target.value })}
            />
          )}
        </Field>
      )}
    </>
  );
}

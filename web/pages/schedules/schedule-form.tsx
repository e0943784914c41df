import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import {
  createScheduleMutation,
  listSitesOptions,
  updateScheduleMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Schedule } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Select } from '@/components/ui/input.tsx';
import { dropForm, keepForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { scheduleFormWords as words } from '@/strings-schedules.ts';
import { RuleFields } from './rule-fields.tsx';
import { automatic, draftOf, type Mistakes, mistakesIn, requestOf, type ScheduleDraft } from './schedule-draft.ts';
import { StyleFields } from './style-fields.tsx';

/** The name under which the form of a schedule, or of a new one (for a site), is kept. */
export const keptScheduleForm = (scheduleId?: string, siteId?: string) =>
  `schedule:${scheduleId ?? `new${siteId ? `:${siteId}` : ''}`}`;

interface ScheduleFormProps {
  /** The schedule to change; a new one without it. */
  schedule?: Schedule;
  /** Of a new one: the site that it publishes on, which is then not asked for. */
  siteId?: string;
  onDone: (schedule: Schedule) => void;
  onCancel: () => void;
}

/** Makes a schedule or changes one. What was typed is kept until it is stored or given up. */
export function ScheduleForm({ schedule, siteId, onDone, onCancel }: ScheduleFormProps) {
  const keptName = keptScheduleForm(schedule?.id, siteId);
  const [draft, setDraft] = useState<ScheduleDraft>(() => ({
    ...draftOf(schedule, siteId ? { siteId, publish: 'publish' } : {}),
    ...keptForm(keptName),
  }));
  const [checked, setChecked] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const attempt = useRef({ body: '', key: '' });
  const queries = useQueryClient();
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const items = sites.data?.items ?? [];
  const siteZone = items.find(({ id }) => id === draft.siteId)?.timezone;
  const focusMistake = () =>
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  const callbacks = {
    onSuccess: async (stored: Schedule) => {
      dropForm(keptName);
      await queries.invalidateQueries();
      onDone(stored);
    },
    onError: focusMistake,
  };
  const create = useMutation({ ...createScheduleMutation(), ...callbacks });
  const update = useMutation({ ...updateScheduleMutation(), ...callbacks });
  const { error, isPending } = schedule ? update : create;
  const own = mistakesIn(draft);
  const mistakes: Mistakes = checked ? own : {};
  const change = (part: Partial<ScheduleDraft>) =>
    setDraft((before) => {
      const next = { ...before, ...part } as ScheduleDraft;
      keepForm(keptName, next);
      return next;
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isPending) return;
    setChecked(true);
    if (Object.keys(own).length > 0) {
      focusMistake();
      return;
    }
    const body = requestOf(draft, siteZone, schedule);
    if (schedule) {
      update.mutate({ path: { id: schedule.id }, body });
      return;
    }
    // The same form sent once more is the same request, should its answer have been lost.
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { body: text, key: `${Date.now()}-${Math.random()}` };
    create.mutate({ body, headers: { 'Idempotency-Key': attempt.current.key } });
  };
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="mb-5 text-lg font-semibold">{schedule ? words.changeTitle(schedule.name) : words.newTitle}</h2>
      <form ref={form} onSubmit={submit} noValidate className="grid grid-cols-1 gap-5 sm:grid-cols-2">
        <Field label={words.name} hint={words.nameHint}>
          {(control) => (
            <Input
              {...control}
              name="name"
              autoFocus
              maxLength={100}
              value={draft.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        {siteId === undefined && (
          <Field label={words.site} error={sites.error?.detail}>
            {(control) => (
              <Select
                {...control}
                name="siteId"
                value={draft.siteId}
                onChange={(event) => change({ siteId: event.target.value })}
              >
                <option value="">{words.siteNone}</option>
                {draft.siteId && !items.some(({ id }) => id === draft.siteId) && (
                  <option value={draft.siteId}>{sites.isSuccess ? words.siteGone : t.common.loading}</option>
                )}
                {items.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
        )}
        <RuleFields draft={draft} change={change} mistakes={mistakes} siteZone={siteZone} />
        {draft.siteId && (
          <Choice
            legend={words.publish}
            value={draft.publish}
            onChange={(publish) => change({ publish })}
            options={(siteId === undefined
              ? (['none', 'draft', 'publish'] as const)
              : (['draft', 'publish'] as const)
            ).map((value) => ({ value, label: words.publishChoices[value] }))}
            className="sm:col-span-2"
          />
        )}
        {draft.siteId && draft.publish === 'publish' && (
          <Choice
            legend={words.approval}
            value={draft.approval}
            onChange={(approval) => change({ approval })}
            options={(['manual', 'auto'] as const).map((value) => ({ value, label: words.approvalChoices[value] }))}
            className="sm:col-span-2"
          />
        )}
        {automatic(draft) && (
          <>
            <p className="text-sm text-muted-foreground sm:col-span-2">{words.autoHint}</p>
            <Field label={words.holdHours} error={mistakes.holdHours}>
              {(control) => (
                <Input
                  {...control}
                  name="holdHours"
                  inputMode="decimal"
                  value={draft.holdHours}
                  onChange={(event) => change({ holdHours: event.target.value })}
                />
              )}
            </Field>
            <Field label={words.minSeoScore} error={mistakes.minSeoScore}>
              {(control) => (
                <Input
                  {...control}
                  name="minSeoScore"
                  inputMode="decimal"
                  value={draft.minSeoScore}
                  onChange={(event) => change({ minSeoScore: event.target.value })}
                />
              )}
            </Field>
          </>
        )}
        <StyleFields draft={draft} change={change} mistakes={mistakes} />
        {error && <ProblemNotice problem={error} className="sm:col-span-2" />}
        <div className="flex flex-wrap gap-2 sm:col-span-2">
          <Button type="submit" variant="primary" aria-disabled={isPending}>
            {isPending ? words.busy : schedule ? words.save : words.create}
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

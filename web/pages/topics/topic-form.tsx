import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { updateTopic } from '@/api/client/sdk.gen.ts';
import type { Topic } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { SiteSelect } from '@/components/site-select.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { useKeptValues } from '@/session/kept-values.ts';
import { t } from '@/strings.ts';
import { DuplicateNotice, isDuplicate } from './duplicate-notice.tsx';
import { useSend } from './use-send.ts';
import { useSites } from './use-sites.ts';
import { useTopicsRefresh } from './use-topic-commands.ts';

const words = t.topics;

/** Changes a topic where it stands. */
export function TopicForm({ topic, onClose }: { topic: Topic; onClose: () => void }) {
  const { sites } = useSites();
  const refresh = useTopicsRefresh();
  const { values, change, forget } = useKeptValues(`topic:${topic.id}`, {
    topic: topic.topic,
    keyword: topic.keyword ?? '',
    siteId: topic.siteId ?? '',
    note: topic.note ?? '',
  });
  const [missing, setMissing] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  const { send, problem, pending } = useSend(async (duplicates: 'stop' | 'allow') => {
    await updateTopic({
      path: { id: topic.id },
      body: {
        topic: values.topic,
        keyword: values.keyword.trim() || null,
        siteId: values.siteId || null,
        note: values.note.trim() || null,
        ...(duplicates === 'allow' ? { duplicates } : {}),
      },
      throwOnError: true,
    });
    await refresh();
    close();
    toast(words.form.saved);
  });
  const close = () => {
    forget();
    onClose();
    // The way back to where the keyboard was.
    requestAnimationFrame(() => document.getElementById(`edit-${topic.id}`)?.focus());
  };
  const submit = (duplicates: 'stop' | 'allow') => {
    setMissing(values.topic.trim() === '');
    if (values.topic.trim() === '') return form.current?.querySelector('input')?.focus();
    return send(duplicates);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close();
  };
  const atField = (name: string) => mistakeAt(problem?.errors, name);
  const mistaken = ['topic', 'keyword', 'note', 'siteId'].some((name) => atField(name));
  return (
    <form
      ref={form}
      noValidate
      aria-label={words.editOf(topic.topic)}
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void submit('stop');
      }}
      className="grid grid-cols-1 gap-4 py-2 sm:grid-cols-2 sm:px-2"
    >
      <Field label={words.form.topic} error={missing ? words.add.missing : atField('topic')} className="sm:col-span-2">
        {(control) => (
          <Input
            {...control}
            dir="auto"
            maxLength={500}
            value={values.topic}
            onChange={(event) => {
              setMissing(false);
              change({ topic: event.target.value });
            }}
          />
        )}
      </Field>
      <Field label={words.form.keyword} hint={words.form.keywordHint} error={atField('keyword')}>
        {(control) => (
          <Input
            {...control}
            dir="auto"
            maxLength={100}
            value={values.keyword}
            onChange={(event) => change({ keyword: event.target.value })}
          />
        )}
      </Field>
      <Field label={words.form.site} error={atField('siteId')}>
        {(control) => (
          <SiteSelect
            {...control}
            sites={sites}
            value={values.siteId}
            none={words.anySite}
            onSite={(id) => change({ siteId: id })}
          />
        )}
      </Field>
      <Field label={words.form.note} hint={words.form.noteHint} error={atField('note')} className="sm:col-span-2">
        {(control) => (
          <Textarea
            {...control}
            dir="auto"
            maxLength={2000}
            className="min-h-10"
            value={values.note}
            onChange={(event) => change({ note: event.target.value })}
          />
        )}
      </Field>
      {problem && !mistaken && (
        <div className="sm:col-span-2">
          {isDuplicate(problem) ? (
            <DuplicateNotice problem={problem} onAnyway={() => void submit('allow')} />
          ) : (
            <ProblemNotice problem={problem} />
          )}
        </div>
      )}
      <div className="flex flex-wrap gap-2 sm:col-span-2">
        <Button type="submit" variant="primary" size="small" aria-disabled={pending}>
          {pending ? words.form.saving : words.form.save}
        </Button>
        <Button size="small" variant="ghost" onClick={close}>
          {t.common.cancel}
        </Button>
      </div>
    </form>
  );
}

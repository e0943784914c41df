import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { addTopic, addTopics } from '@/api/client/sdk.gen.ts';
import type { AddTopicsResponse } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { cn } from '@/components/class-names.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { SiteSelect } from '@/components/site-select.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field, FieldError } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { keepValues, useKeptValues } from '@/session/kept-values.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { AddedNotice } from './added-notice.tsx';
import { DuplicateNotice, isDuplicate } from './duplicate-notice.tsx';
import { importForm } from './import-form.ts';
import { readLines } from './read-lines.ts';
import { useSend } from './use-send.ts';
import { useSites } from './use-sites.ts';
import { useTopicsRefresh } from './use-topic-commands.ts';

const words = t.topics.add;
/** What the server takes in one go. */
const mostAtOnce = 500;

/** Adds a topic with Enter, or as many as there are lines. */
export function AddTopics({ siteId }: { siteId: string | undefined }) {
  const id = useId();
  const user = useUser();
  const { sites } = useSites();
  const refresh = useTopicsRefresh();
  const { values, change } = useKeptValues('topics:new', { topics: '', keyword: '', siteId: '', note: '' });
  const [open, setOpen] = useState(values.keyword !== '' || values.note !== '' || values.siteId !== '');
  const [missing, setMissing] = useState(false);
  const [outcome, setOutcome] = useState<AddTopicsResponse | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const typedNow = useRef(values);
  typedNow.current = values;
  const attempt = useRef({ body: '', key: '' });
  const lines = readLines(values.topics);
  const tooMany = lines.length > mostAtOnce;
  const {
    send,
    problem,
    pending,
    forget: forgetProblem,
  } = useSend(async (topics: string[], duplicates: 'stop' | 'allow') => {
    const more = {
      siteId: values.siteId || siteId || null,
      note: values.note.trim() || null,
      ...(duplicates === 'allow' ? { duplicates } : {}),
    };
    const keyword = values.keyword.trim() || null;
    const [only, ...others] = topics.map((topic) => ({
      topic,
      keyword: topics.length === 1 ? keyword : null,
      ...more,
    }));
    if (!only) return;
    const body = JSON.stringify([only, ...others]);
    if (attempt.current.body !== body) attempt.current = { body, key: `${Date.now()}-${Math.random()}` };
    const request = { headers: { 'Idempotency-Key': attempt.current.key }, throwOnError: true as const };
    if (others.length === 0) {
      await addTopic({ ...request, body: only });
      toast(words.added(1));
      setOutcome(null);
    } else {
      const { data } = await addTopics({ ...request, body: { topics: [only, ...others] } });
      setOutcome(data);
      if (data.added.length > 0) toast(words.added(data.added.length));
    }
    // What was typed while the answer was awaited stays.
    const { topics: typed } = typedNow.current;
    const sent = duplicates === 'stop' || topics.length === lines.length;
    const rest = sent && typed.startsWith(values.topics) ? typed.slice(values.topics.length).trimStart() : typed;
    change({ topics: rest, keyword: '', note: '' });
    await refresh();
    box.current?.focus();
  });
  const submit = () => {
    setMissing(lines.length === 0);
    if (lines.length > 0 && !tooMany) return void send(lines, 'stop');
    box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  const atField = (name: string) => mistakeAt(problem?.errors, name);
  const mistake = missing ? words.missing : atField('topic');
  const elsewhere = problem && !mistake && !atField('keyword') && !atField('note');
  return (
    <Card className="grid grid-cols-1 gap-3 p-4 sm:p-5">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        className="grid grid-cols-1 gap-3"
      >
        <div className="grid grid-cols-1 gap-2 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-start">
          <div className="grid min-w-0 gap-1.5">
            <Textarea
              ref={box}
              id={id}
              rows={1}
              dir="auto"
              aria-label={words.label}
              placeholder={words.placeholder}
              aria-describedby={`${id}-error ${id}-hint`}
              aria-invalid={mistake ? true : undefined}
              value={values.topics}
              onChange={(event) => {
                change({ topics: event.target.value });
                setMissing(false);
                forgetProblem();
              }}
              onKeyDown={onKeyDown}
              className="max-h-72 min-h-10 resize-none"
            />
            <FieldError id={`${id}-error`} error={mistake} />
            <p id={`${id}-hint`} className="text-sm text-muted-foreground">
              {words.hint}
            </p>
          </div>
          <Button type="submit" variant="primary" aria-disabled={pending || tooMany}>
            {pending ? words.adding : words.submit(lines.length)}
          </Button>
        </div>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={`${id}-more`}
          onClick={() => setOpen(!open)}
          className="flex items-center gap-1.5 justify-self-start rounded text-sm font-medium text-muted-foreground hover:text-foreground"
        >
          <ChevronRight aria-hidden="true" className={cn('size-4 transition-transform', open && 'rotate-90')} />
          {words.more}
        </button>
        <div id={`${id}-more`} hidden={!open} className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <Field label={t.topics.form.keyword} hint={t.topics.form.keywordHint} error={atField('keyword')}>
            {(control) => (
              <Input
                {...control}
                dir="auto"
                maxLength={100}
                disabled={lines.length > 1}
                value={values.keyword}
                onChange={(event) => change({ keyword: event.target.value })}
              />
            )}
          </Field>
          <Field label={t.topics.form.site}>
            {(control) => (
              <SiteSelect
                {...control}
                sites={sites}
                value={values.siteId || siteId || ''}
                none={siteId ? undefined : t.topics.anySite}
                onSite={(id) => change({ siteId: id })}
              />
            )}
          </Field>
          <Field
            label={t.topics.form.note}
            hint={t.topics.form.noteHint}
            error={atField('note')}
            className="sm:col-span-2"
          >
            {(control) => (
              <Input
                {...control}
                dir="auto"
                maxLength={2000}
                value={values.note}
                onChange={(event) => change({ note: event.target.value })}
              />
            )}
          </Field>
        </div>
      </form>
      {tooMany && (
        <Notice tone="warning" title={words.tooMany(lines.length)}>
          <p>{words.tooManyHint}</p>
          <div>
            <Button size="small" asChild>
              <Link to="/topics/import" onClick={() => keepValues(user.id, importForm, { text: values.topics })}>
                {words.toImport}
              </Link>
            </Button>
          </div>
        </Notice>
      )}
      {elsewhere &&
        (isDuplicate(problem) ? (
          <DuplicateNotice problem={problem} onAnyway={() => void send(lines, 'allow')} />
        ) : (
          <ProblemNotice problem={problem} />
        ))}
      {outcome && (
        <AddedNotice
          outcome={outcome}
          onAnyway={(topics) => void send(topics, 'allow')}
          onClose={() => setOutcome(null)}
        />
      )}
    </Card>
  );
}

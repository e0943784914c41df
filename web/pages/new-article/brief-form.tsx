import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowRight } from 'lucide-react';
import { type FormEvent, useMemo, useRef, useState } from 'react';
import { listPipelinesQueryKey, listSearchProvidersOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { createPipeline, startTopic } from '@/api/client/sdk.gen.ts';
import type { Topic } from '@/api/client/types.gen.ts';
import { type ApiProblem, type FieldMistake, mistakeAt } from '@/api/problem.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field, FieldError } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { everyTopicQuery } from '../topics/topic-queries.ts';
import { type BriefBody, pendingSources, toBrief, toTopicBrief } from './draft.ts';
import { EstimateLine } from './estimate-line.tsx';
import { MoreOptions } from './more-options.tsx';
import { newSourceId } from './source-id.ts';
import { SourcesField } from './sources-field.tsx';
import { useDraft } from './use-draft.ts';

/** The fields that are folded away; a mistake in one of them opens the fold. */
const folded = [
  'keyword',
  'language',
  'audience',
  'voice',
  'budgetMicroUsd',
  'siteId',
  'publish',
  'approval',
  'holdHours',
  'duplicates',
  'search',
];

/** The brief: topic, sources, length, and everything else that has a default; `from` is the topic of the backlog it is about. */
export function BriefForm({ from }: { from?: Topic | undefined }) {
  const { draft, kept, change, started } = useDraft(useUser().id, from);
  const [open, setOpen] = useState(false);
  const [mistakes, setMistakes] = useState<FieldMistake[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const attempt = useRef({ body: '', key: '' });
  const start = useMutation<{ id: string }, ApiProblem, BriefBody>({
    mutationFn: (body) => begin(body, keyFor(attempt.current, body), from),
    onSuccess: async ({ id }) => {
      started(id, draft);
      await queries.invalidateQueries({ queryKey: listPipelinesQueryKey() });
      await navigate({ to: '/runs/$runId', params: { runId: id } });
      if (from) await refreshTopics();
    },
    onError: async (problem) => {
      showMistakes(problem.errors ?? []);
      // A schedule may have been faster: then the page says so.
      if (from && problem.status === 409) await refreshTopics();
    },
  });
  const refreshTopics = () => Promise.all(everyTopicQuery.map((queryKey) => queries.invalidateQueries({ queryKey })));
  const providers = useQuery({ ...listSearchProvidersOptions(), staleTime: Number.POSITIVE_INFINITY });
  // While that is not known the server has the last word.
  const canSearch = providers.data?.items.length !== 0;
  const { brief, mistakes: seen } = useMemo(() => toBrief(draft, t.newArticle.mistakes, canSearch), [draft, canSearch]);
  const errorAt = (path: string) => mistakeAt(mistakes, path);

  const update: typeof change = (part) => {
    // A message goes as soon as its field is changed; the others stay until they are looked at.
    const changed = Object.keys(part).map((name) => fieldPaths[name] ?? name);
    setMistakes((before) =>
      before.filter((mistake) => !changed.some((path) => mistake.path === path || mistake.path.startsWith(`${path}.`))),
    );
    change(part);
  };
  const showMistakes = (found: FieldMistake[]) => {
    setMistakes(found);
    if (found.some((mistake) => folded.includes(mistake.path.split('.')[0] ?? ''))) setOpen(true);
    requestAnimationFrame(() =>
      form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [role="alert"][tabindex]')?.focus(),
    );
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (start.isPending) return;
    // Whoever is faster than the answer is told about missing sources all the same.
    const known = providers.data ?? (await providers.refetch({ cancelRefetch: false })).data;
    const found = toBrief(draft, t.newArticle.mistakes, known?.items.length !== 0).mistakes;
    if (found.length > 0) {
      start.reset();
      return showMistakes(found);
    }
    setMistakes([]);
    // What stands in the boxes is sent with the rest; in the list it also shows which source a mistake belongs to.
    change({ sources: pendingSources(draft), addresses: '', paste: { open: false, title: '', text: '' } });
    start.mutate(brief);
  };

  const listed = new Set(mistakes.map((mistake) => mistake.path));
  const general =
    start.error && (start.error.errors ?? []).every((mistake) => !listed.has(mistake.path) || !isField(mistake.path));
  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate className="grid grid-cols-1 gap-7">
      <TopicField
        value={draft.topic}
        error={errorAt('topic')}
        onChange={(topic) => update({ topic })}
        onSubmit={() => form.current?.requestSubmit()}
      />
      <SourcesField
        draft={draft}
        change={update}
        providers={providers.data?.items ?? []}
        error={mistakes.find((mistake) => mistake.path === 'sources')?.message}
        errorOf={(index) => errorAt(`sources.${index}`)}
      />
      <div className="grid gap-4">
        <Choice
          legend={t.newArticle.length}
          value={draft.length}
          onChange={(length) => update({ length })}
          options={(['short', 'medium', 'long', 'custom'] as const).map((value) => ({
            value,
            ...t.newArticle.lengths[value],
          }))}
        />
        {draft.length === 'custom' && (
          <div className="grid grid-cols-2 gap-4">
            <Field
              label={t.newArticle.wordsMin}
              error={errorAt('words.min') ?? mistakes.find((m) => m.path === 'words')?.message}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  value={draft.wordsMin}
                  onChange={(e) => update({ wordsMin: e.target.value })}
                />
              )}
            </Field>
            <Field label={t.newArticle.wordsMax} error={errorAt('words.max')}>
              {(control) => (
                <Input
                  {...control}
                  inputMode="numeric"
                  value={draft.wordsMax}
                  onChange={(e) => update({ wordsMax: e.target.value })}
                />
              )}
            </Field>
          </div>
        )}
      </div>
      <MoreOptions
        draft={draft}
        change={update}
        searches={canSearch && (brief.sources?.length === 0 || draft.searchAlso)}
        errorAt={errorAt}
        open={open}
        onOpenChange={setOpen}
      />
      {!kept && (
        <Notice tone="warning" title={t.newArticle.notKept}>
          {t.newArticle.notKeptHint}
        </Notice>
      )}
      {general && <ProblemNotice problem={start.error} title={t.newArticle.notStarted} />}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <EstimateLine brief={brief} mistaken={seen.some((mistake) => mistake.path !== 'sources')} />
        <Button
          type="submit"
          variant="primary"
          size="large"
          aria-disabled={start.isPending}
          className="w-full sm:w-auto"
        >
          {start.isPending ? t.newArticle.starting : t.newArticle.start}
          <ArrowRight aria-hidden="true" />
        </Button>
      </div>
    </form>
  );
}

/** Starts the article, and uses the topic up if it is about one. */
async function begin(body: BriefBody, key: string, from: Topic | undefined): Promise<{ id: string }> {
  const request = { headers: { 'Idempotency-Key': key }, throwOnError: true as const };
  if (from) return (await startTopic({ ...request, path: { id: from.id }, body: toTopicBrief(body) })).data;
  const { data } = await createPipeline({ ...request, body });
  if (!('steps' in data)) throw new Error('an article was asked for, and an estimate came');
  return data;
}

/** Where a field of the draft stands in the API's request, when the names differ. */
const fieldPaths: Record<string, string> = {
  budget: 'budgetMicroUsd',
  wordsMin: 'words',
  wordsMax: 'words',
  length: 'words',
  addresses: 'sources',
  paste: 'sources',
  allowDuplicate: 'duplicates',
  searchAllow: 'search',
  searchDeny: 'search',
};

function isField(path: string): boolean {
  return /^(topic|sources|words)(\.|$)/.test(path) || folded.includes(path.split('.')[0] ?? '');
}

/** The same brief sent again after a lost answer carries the same key, so that it is not started twice. */
function keyFor(attempt: { body: string; key: string }, brief: BriefBody): string {
  const body = JSON.stringify(brief);
  if (attempt.body !== body) Object.assign(attempt, { body, key: newSourceId() });
  return attempt.key;
}

interface TopicFieldProps {
  value: string;
  error: string | undefined;
  onChange: (topic: string) => void;
  onSubmit: () => void;
}

function TopicField({ value, error, onChange, onSubmit }: TopicFieldProps) {
  return (
    <div className="grid gap-2">
      <label htmlFor="topic" className="sr-only">
        {t.newArticle.topic}
      </label>
      <textarea
        id="topic"
        name="topic"
        rows={1}
        maxLength={500}
        placeholder={t.newArticle.topicPlaceholder}
        aria-describedby="topic-error topic-hint"
        aria-invalid={error ? true : undefined}
        value={value}
        onChange={(event) => onChange(event.target.value.replaceAll('\n', ' '))}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
          event.preventDefault();
          if (event.ctrlKey || event.metaKey) onSubmit();
        }}
        className="field-sizing-content w-full resize-none border-0 border-b-2 border-input bg-transparent pb-3 font-serif text-2xl leading-snug text-balance transition-colors focus:border-accent focus-visible:outline-none aria-invalid:border-danger sm:text-[2rem]"
      />
      <FieldError id="topic-error" error={error} />
      <p id="topic-hint" className="text-sm text-muted-foreground">
        {t.newArticle.topicHint}
      </p>
    </div>
  );
}

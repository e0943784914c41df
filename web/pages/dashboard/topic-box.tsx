import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { CornerDownLeft } from 'lucide-react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { getOverviewQueryKey, listPipelinesQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { createPipeline } from '@/api/client/sdk.gen.ts';
import type { ApiProblem } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { formatMoney } from '@/format/money.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';

const words = t.dashboard;
/** What an article may cost unless its brief says otherwise, in micro-dollars. */
const usualBudget = 500_000;

/**
 * A topic, and Enter: where sources can be searched for, the article is begun at once and the next topic can be typed;
 * elsewhere the form asks for sources first.
 */
export function TopicBox({ canSearch }: { canSearch: boolean | undefined }) {
  const [topic, setTopic] = useState('');
  const [missing, setMissing] = useState(false);
  const user = useUser();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const attempt = useRef({ topic: '', key: '' });
  const id = useId();
  const begin = useMutation<{ id: string }, ApiProblem, string>({
    mutationFn: async (text) => {
      // The same topic sent again after a lost answer is the same article.
      if (attempt.current.topic !== text) attempt.current = { topic: text, key: crypto.randomUUID() };
      const { data } = await createPipeline({
        body: { topic: text },
        headers: { 'Idempotency-Key': attempt.current.key },
        throwOnError: true,
      });
      if (!('id' in data)) throw new Error('an article was begun and has no id');
      return data;
    },
    onSuccess: ({ id: runId }) => {
      attempt.current = { topic: '', key: '' };
      setTopic('');
      field.current?.focus();
      toast(words.started, {
        label: words.watch,
        run: () => void navigate({ to: '/runs/$runId', params: { runId } }),
      });
      void queries.invalidateQueries({ queryKey: getOverviewQueryKey() });
      void queries.invalidateQueries({ queryKey: listPipelinesQueryKey() });
    },
  });
  /** What drafts are made of comes with the form: this page does not need it before. */
  const toForm = async (text: string) => {
    const { layOutTopic } = await import('../new-article/use-draft.ts');
    layOutTopic(user.id, text);
    await navigate({ to: '/new' });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = topic.trim();
    if (begin.isPending) return;
    setMissing(text === '');
    if (text === '') return field.current?.focus();
    if (canSearch) begin.mutate(text);
    else void toForm(text);
  };
  return (
    <form onSubmit={submit} noValidate>
      <label htmlFor={id} className="block text-lg font-semibold tracking-tight sm:text-xl">
        {words.topic}
      </label>
      <div className="mt-3 flex h-14 items-center rounded-xl border border-input bg-card pr-2 transition-shadow focus-within:border-accent focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent">
        <input
          ref={field}
          id={id}
          type="text"
          autoComplete="off"
          enterKeyHint="go"
          dir="auto"
          maxLength={300}
          value={topic}
          placeholder={words.topicPlaceholder}
          aria-describedby={`${id}-hint`}
          aria-invalid={missing}
          onChange={(event) => {
            setTopic(event.target.value);
            setMissing(false);
          }}
          className="h-full min-w-0 flex-1 bg-transparent px-4 text-base outline-none sm:text-lg"
        />
        <Button type="submit" variant="primary" aria-disabled={begin.isPending}>
          {begin.isPending ? words.writing : words.write}
          <CornerDownLeft aria-hidden="true" className="max-sm:hidden" />
        </Button>
      </div>
      {missing && (
        <p role="alert" className="mt-1.5 text-sm text-danger">
          {words.needed}
        </p>
      )}
      <p id={`${id}-hint`} className="mt-2 min-h-5 text-sm text-muted-foreground">
        {canSearch !== undefined && (
          <>
            {canSearch ? words.hintSearch(formatMoney(usualBudget)) : words.hintSources}{' '}
            {canSearch && (
              <Link to="/new" className="whitespace-nowrap text-accent underline underline-offset-4">
                {words.withOptions}
              </Link>
            )}
          </>
        )}
      </p>
      {begin.error && <ProblemNotice className="mt-3" problem={begin.error} title={words.notStarted} />}
    </form>
  );
}

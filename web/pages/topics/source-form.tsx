import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { listSourcesQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { addSource } from '@/api/client/sdk.gen.ts';
import type { WatchedSource } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { SiteSelect } from '@/components/site-select.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { useKeptValues } from '@/session/kept-values.ts';
import { t } from '@/strings.ts';
import { watchingWords } from '@/strings-topic-intake.ts';
import { useSend } from './use-send.ts';
import { useSites } from './use-sites.ts';

const words = watchingWords;

interface SourceFormProps {
  onDone: (source: WatchedSource) => void;
  /** Without it the form stays. */
  onCancel?: (() => void) | undefined;
}

/** Adds a feed or a site by its address. */
export function SourceForm({ onDone, onCancel }: SourceFormProps) {
  const queries = useQueryClient();
  const { sites } = useSites();
  const { values, change, forget } = useKeptValues('sources:new', { url: '', name: '', siteId: '' });
  const [missing, setMissing] = useState(false);
  const address = useRef<HTMLInputElement>(null);
  const attempt = useRef({ body: '', key: '' });
  const { send, problem, pending } = useSend(async () => {
    const body = {
      url: withScheme(values.url),
      ...(values.name.trim() ? { name: values.name.trim() } : {}),
      ...(values.siteId ? { siteId: values.siteId } : {}),
    };
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) attempt.current = { body: text, key: `${Date.now()}-${Math.random()}` };
    const { data } = await addSource({
      body,
      headers: { 'Idempotency-Key': attempt.current.key },
      throwOnError: true,
    });
    forget();
    await queries.invalidateQueries({ queryKey: listSourcesQueryKey() });
    onDone(data);
  });
  const submit = () => {
    const empty = values.url.trim() === '';
    setMissing(empty);
    if (empty) return address.current?.focus();
    return void send();
  };
  const atAddress = missing ? words.required : mistakeAt(problem?.errors, 'url');
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="text-lg font-semibold">{words.addTitle}</h2>
      <p className="mt-1 mb-5 text-muted-foreground">{words.addIntro}</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        className="grid grid-cols-1 gap-5 sm:grid-cols-2"
      >
        <Field label={words.address} hint={words.addressHint} error={atAddress} className="sm:col-span-2">
          {(control) => (
            <Input
              {...control}
              ref={address}
              name="url"
              value={values.url}
              onChange={(event) => {
                setMissing(false);
                change({ url: event.target.value });
              }}
              inputMode="url"
              autoComplete="url"
              autoCapitalize="off"
              autoCorrect="off"
              spellCheck={false}
              placeholder="https://"
              autoFocus={onCancel !== undefined}
            />
          )}
        </Field>
        <Field label={words.name} hint={words.nameHint} error={mistakeAt(problem?.errors, 'name')}>
          {(control) => (
            <Input
              {...control}
              dir="auto"
              maxLength={200}
              value={values.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        {sites.length > 0 && (
          <Field label={words.forSite} hint={words.forSiteHint}>
            {(control) => (
              <SiteSelect
                {...control}
                sites={sites}
                value={values.siteId}
                none={t.topics.anySite}
                onSite={(id) => change({ siteId: id })}
              />
            )}
          </Field>
        )}
        {problem && !mistakeAt(problem.errors, 'url') && <ProblemNotice problem={problem} className="sm:col-span-2" />}
        <div className="flex flex-wrap gap-2 sm:col-span-2">
          <Button type="submit" variant="primary" aria-disabled={pending}>
            {pending ? words.submitting : words.submit}
          </Button>
          {onCancel && (
            <Button
              variant="ghost"
              onClick={() => {
                forget();
                onCancel();
              }}
            >
              {t.common.cancel}
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}

/** People type `example.com`. */
function withScheme(typed: string): string {
  const text = typed.trim();
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`;
}

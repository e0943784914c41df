import { useMutation } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { connectSiteMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Site } from '@/api/client/types.gen.ts';
import { mistakeAt } from '@/api/problem.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { dropForm, keepForm, keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { connectWords as words } from '@/strings-sites.ts';
import { SiteForm } from './site-form.tsx';

interface ConnectFormProps {
  /** The site to connect again; a new one without it. */
  site?: Site;
  /** `renewed`: the site that was to be added is there already, and has the new password. */
  onDone: (site: Site, renewed?: boolean) => void;
  onCancel: () => void;
}

/** Connects a site: by its address alone, over a page of the site itself, or with user name and password. */
export function ConnectForm({ site, onDone, onCancel }: ConnectFormProps) {
  const kept = site ? undefined : keptForm('site:new');
  const [url, setUrl] = useState(site?.url ?? kept?.url ?? '');
  const [typing, setTyping] = useState(Boolean(kept?.username || kept?.name));
  const [missing, setMissing] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const toMistake = () => requestAnimationFrame(() => form.current?.querySelector('input')?.focus());
  const begin = useMutation({
    ...connectSiteMutation(),
    onSuccess: ({ returns, authorizeUrl }) => {
      if (returns === 'callback') window.location.assign(authorizeUrl);
    },
    onError: toMistake,
  });
  const { data, error, isPending } = begin;
  const change = (text: string) => {
    setUrl(text);
    setMissing(false);
    if (!site) keepForm('site:new', { url: text });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isPending || data) return;
    const address = withScheme(url);
    setMissing(address === '');
    if (address === '') return toMistake();
    change(address);
    begin.mutate({ body: { url: address, ...(site ? { siteId: site.id } : {}) } });
  };
  const cancel = () => {
    if (!site) dropForm('site:new');
    onCancel();
  };
  const byHand = data?.returns === 'by-hand' && data;
  if (typing || byHand) {
    const intro = byHand && <ByHand authorizeUrl={byHand.authorizeUrl} />;
    return <SiteForm site={site} intro={intro} onDone={onDone} onCancel={cancel} />;
  }
  const mistake = missing ? t.sites.required : mistakeAt(error?.errors, 'url');
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="text-lg font-semibold">{site ? words.reconnectTitle(site.name) : words.title}</h2>
      <p className="mt-1 mb-5 text-muted-foreground">{words.intro}</p>
      <form ref={form} onSubmit={submit} noValidate className="grid gap-5">
        <Field label={t.sites.fields.url} hint={t.sites.urlHint} error={mistake} className="max-w-xl">
          {(control) => (
            <Input
              {...control}
              name="url"
              value={url}
              onChange={(event) => change(event.target.value)}
              inputMode="url"
              autoComplete="url"
              autoCapitalize="off"
              autoCorrect="off"
              spellCheck={false}
              placeholder="https://"
              autoFocus
            />
          )}
        </Field>
        {error && !mistake && <ProblemNotice problem={error} />}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" aria-disabled={isPending || Boolean(data)}>
            {isPending ? words.connecting : data ? words.leaving : words.connect}
          </Button>
          <Button onClick={() => setTyping(true)} className="max-w-full whitespace-normal">
            {words.typeInstead}
          </Button>
          <Button variant="ghost" onClick={cancel}>
            {t.common.cancel}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** What to do where WordPress does not send the password back by itself. */
function ByHand({ authorizeUrl }: { authorizeUrl: string }) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => link.current?.focus(), []);
  return (
    <div className="mb-6 grid justify-items-start gap-3 rounded-xl bg-accent-soft p-4">
      <p className="font-semibold text-accent">{words.byHand.title}</p>
      <p>{words.byHand.why}</p>
      <ol className="grid list-decimal gap-1 pl-5">
        {words.byHand.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <Button asChild variant="primary" className="max-w-full whitespace-normal">
        <a ref={link} href={authorizeUrl} target="_blank" rel="noopener noreferrer">
          <ExternalLink aria-hidden="true" />
          {words.byHand.open} <span className="sr-only">{words.byHand.newTab}</span>
        </a>
      </Button>
    </div>
  );
}

/** People type `example.com`. */
function withScheme(typed: string): string {
  const text = typed.trim();
  return text === '' || /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`;
}

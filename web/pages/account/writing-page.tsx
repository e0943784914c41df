import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { listModelsOptions, listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { updateMe } from '@/api/client/sdk.gen.ts';
import type { UsableModel } from '@/api/client/types.gen.ts';
import { Form, LongTextField, useForm } from '@/components/form.tsx';
import { SectionPage, SettingsCard } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatPrice } from '@/format/money.ts';
import { rememberUser, useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { settingsWords } from '@/strings-settings.ts';
import { LoadProblem } from '../error-pages.tsx';

const words = settingsWords.writing;
/** So many models are shown at first. */
const fewModels = 8;

/** How articles sound, and what they can be written by. */
export function WritingPage() {
  return (
    <SectionPage title={words.title} intro={words.intro}>
      <VoiceCard />
      <ModelsCard />
    </SectionPage>
  );
}

function VoiceCard() {
  const user = useUser();
  const queries = useQueryClient();
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } })).data?.items ?? [];
  const speaking = sites.filter(({ settings }) => settings.voice !== null);
  const form = useForm({
    names: ['voice'],
    initial: { voice: user.voice ?? '' },
    send: async ({ voice }) =>
      (await updateMe({ body: { voice: voice.trim() === '' ? null : voice }, throwOnError: true })).data,
    onDone: (changed) => {
      rememberUser(queries, changed);
      toast(t.form.saved);
    },
    keep: 'voice',
  });
  return (
    <SettingsCard title={words.voiceTitle}>
      <Form form={form} submit={t.form.save} busy={t.form.saving}>
        <LongTextField
          form={form}
          name="voice"
          label={words.voice}
          hint={words.voiceHint}
          placeholder={words.voicePlaceholder}
          maxLength={1000}
        />
      </Form>
      {speaking.length > 0 && (
        <section className="mt-6 grid gap-1.5 border-t border-border pt-5">
          <h3 className="text-sm font-semibold">{words.siteVoices}</h3>
          <p className="text-sm text-muted-foreground">{words.siteVoicesHint}</p>
          <ul className="grid gap-3 pt-1.5">
            {speaking.map(({ id, name, settings }) => (
              <li key={id} className="text-sm">
                <Link
                  to="/sites"
                  aria-label={words.siteVoice(name)}
                  className="font-medium underline underline-offset-4"
                >
                  {name}
                </Link>
                <p dir="auto" className="text-muted-foreground">
                  {settings.voice}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </SettingsCard>
  );
}

function ModelsCard() {
  const user = useUser();
  const models = useQuery(listModelsOptions());
  const [all, setAll] = useState(false);
  const items = models.data?.items ?? [];
  // What is asked, and what was chosen, comes first, and is never folded away.
  const first = items.filter(({ id, inChain }) => inChain !== null || id === user.model);
  const others = items.filter((model) => !first.includes(model));
  const shown = all ? others : others.slice(0, Math.max(0, fewModels - first.length));
  return (
    <SettingsCard title={words.models} intro={words.modelsIntro}>
      {models.isPending ? (
        <SkeletonRows rows={3} />
      ) : models.error ? (
        <LoadProblem problem={models.error} onRetry={models.refetch} />
      ) : (
        <div className="grid gap-3">
          <ul className="divide-y divide-border border-y border-border">
            {[...first, ...shown].map((model) => (
              <ModelRow key={model.id} model={model} chosen={model.id === user.model} />
            ))}
          </ul>
          <p className="text-sm text-muted-foreground">{words.perMillion}</p>
          <div className="flex flex-wrap gap-2">
            {shown.length < others.length && (
              <Button size="small" onClick={() => setAll(true)}>
                {words.more(others.length - shown.length)}
              </Button>
            )}
            <Button size="small" asChild>
              <Link to="/account/own-keys">{words.toKeys}</Link>
            </Button>
          </div>
        </div>
      )}
    </SettingsCard>
  );
}

function ModelRow({ model: { id, payer, inChain, prices }, chosen }: { model: UsableModel; chosen: boolean }) {
  return (
    <li className="grid grid-cols-1 gap-x-4 py-2.5 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center">
      <p className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
        <code className="font-mono text-sm break-all">{id}</code>
        {chosen && <Badge tone="accent">{words.yours}</Badge>}
        {inChain !== null && <Badge tone="neutral">{words.place(inChain)}</Badge>}
      </p>
      <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground tabular-nums">
        <span>
          {words.input} {prices ? formatPrice(prices.inputMicroUsd) : words.unknownPrice}
        </span>
        <span>
          {words.output} {prices ? formatPrice(prices.outputMicroUsd) : words.unknownPrice}
        </span>
        <span>{words.payers[payer]}</span>
      </p>
    </li>
  );
}

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { listPricesOptions, listPricesQueryKey, removePricesMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { ModelPrice } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemNotice } from '@/components/notice.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Confirm } from '@/components/ui/alert-dialog.tsx';
import { Badge, type Tone } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { formatCount, formatPrice } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { priceWords as words } from '@/strings-prices.ts';
import { LoadProblem } from '../error-pages.tsx';
import { PriceForm, type PriceName, priceNames } from './price-form.tsx';

/** What models and searches cost, and what an admin has set for them. */
export function PricesPage() {
  const prices = useQuery(listPricesOptions());
  return (
    <SectionPage title={words.title} intro={words.intro}>
      <Card>
        {prices.isPending ? (
          <SkeletonRows rows={4} />
        ) : prices.error ? (
          <LoadProblem problem={prices.error} onRetry={prices.refetch} />
        ) : prices.data.models.length === 0 ? (
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        ) : (
          <>
            <p className="border-b border-border px-4 py-2.5 text-sm text-muted-foreground sm:px-5">{words.unit}</p>
            <ul className="divide-y divide-border">
              {prices.data.models.map((entry) => (
                <PriceRow key={entry.model} entry={entry} />
              ))}
            </ul>
          </>
        )}
      </Card>
      <Card className="p-4 sm:p-6">
        <h2 className="mb-4 text-lg font-semibold">{words.other}</h2>
        <PriceForm model={null} kind="text" prices={null} onSaved={useSaved()} />
      </Card>
    </SectionPage>
  );
}

/** Reads the list again and says what was done. */
function useSaved(): (model: string) => Promise<void> {
  const queries = useQueryClient();
  return async (model) => {
    await queries.invalidateQueries({ queryKey: listPricesQueryKey() });
    toast(words.saved(model));
  };
}

const tones: Record<ModelPrice['source'], Tone> = {
  override: 'accent',
  settings: 'neutral',
  table: 'neutral',
  free: 'success',
  unknown: 'warning',
};

function PriceRow({ entry }: { entry: ModelPrice }) {
  const [open, setOpen] = useState(false);
  const saved = useSaved();
  const { model, source, prices, kind, tiers } = entry;
  const isSet = source === 'override';
  return (
    <li className="grid grid-cols-1 gap-3 px-4 py-4 sm:px-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1 font-medium [overflow-wrap:anywhere]">
            <span className="min-w-0">{model}</span>
            <Badge tone={tones[source]}>{words.sources[source]}</Badge>
          </p>
          <Use entry={entry} />
        </div>
        {source !== 'free' && (
          <div className="flex gap-2">
            <Button
              size="small"
              aria-expanded={open}
              aria-label={isSet ? words.changeOf(model) : words.editOf(model)}
              onClick={() => setOpen(!open)}
            >
              {isSet ? words.change : words.edit}
            </Button>
            {isSet && <RemoveButton model={model} />}
          </div>
        )}
      </div>
      {prices ? (
        <Amounts prices={prices} />
      ) : (
        source === 'unknown' && <p className="text-sm text-warning">{words.refused}</p>
      )}
      {tiers.length > 0 && (
        <ul className="text-sm text-muted-foreground">
          {tiers.map((tier) => (
            <li key={`${tier.price} ${tier.fromTokens}`}>
              {words.tier(words.names[tier.price], formatPrice(tier.microUsd), formatCount(tier.fromTokens))}
            </li>
          ))}
        </ul>
      )}
      {open && (
        <div className="border-t border-border pt-4">
          <PriceForm
            model={model}
            kind={kind}
            prices={prices}
            onSaved={async () => {
              setOpen(false);
              await saved(model);
            }}
          />
        </div>
      )}
    </li>
  );
}

function Use({ entry: { pricedAs, model, inChain, chosenByUsers, lastUsedAt } }: { entry: ModelPrice }) {
  return (
    <p className="flex flex-wrap gap-x-4 text-sm text-muted-foreground">
      {pricedAs !== null && pricedAs !== model && <span className="break-all">{words.pricedAs(pricedAs)}</span>}
      {inChain && <span>{words.inChain}</span>}
      {chosenByUsers > 0 && <span>{words.chosen(chosenByUsers)}</span>}
      {lastUsedAt && (
        <span>
          {words.lastUsed} <RelativeTime at={lastUsedAt} />
        </span>
      )}
    </p>
  );
}

/** The prices that there are; what has none of its own is left out. */
function Amounts({ prices }: { prices: Record<PriceName, number | null> }) {
  const shown = priceNames.filter(
    (name) => prices[name] !== null && !(name === 'requestMicroUsd' && prices[name] === 0),
  );
  return (
    <dl className="flex flex-wrap gap-x-7 gap-y-2 text-sm">
      {shown.map((name) => (
        <div key={name}>
          <dt className="text-muted-foreground">{words.names[name]}</dt>
          <dd className="font-medium tabular-nums">{formatPrice(prices[name])}</dd>
        </div>
      ))}
    </dl>
  );
}

function RemoveButton({ model }: { model: string }) {
  const queries = useQueryClient();
  const remove = useMutation({
    ...removePricesMutation(),
    onSuccess: () => toast(words.removed),
    onSettled: () => queries.invalidateQueries({ queryKey: listPricesQueryKey() }),
  });
  return (
    <>
      <Confirm
        trigger={
          <Button size="small" variant="danger" disabled={remove.isPending} aria-label={words.removeOf(model)}>
            {words.remove}
          </Button>
        }
        title={words.removeTitle(model)}
        description={words.removeText}
        confirm={words.remove}
        keep={t.common.keep}
        onConfirm={() => remove.mutate({ path: { model } })}
      />
      {remove.error && <ProblemNotice problem={remove.error} />}
    </>
  );
}

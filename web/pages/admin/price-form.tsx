import { useRef, useState } from 'react';
import { setPrices } from '@/api/client/sdk.gen.ts';
import type { ModelPrice, SetPricesData } from '@/api/client/types.gen.ts';
import type { ApiProblem } from '@/api/problem.ts';
import { Form, missing, TextField, useForm } from '@/components/form.tsx';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { parseMoney, plainDollars } from '@/format/money.ts';
import { priceWords as words } from '@/strings-prices.ts';

export const priceNames = [
  'inputMicroUsd',
  'cachedInputMicroUsd',
  'cacheWriteInputMicroUsd',
  'outputMicroUsd',
  'reasoningMicroUsd',
  'requestMicroUsd',
] as const;
/** What has a price of its own. */
export type PriceName = (typeof priceNames)[number];

const needed = { text: ['inputMicroUsd', 'outputMicroUsd'], search: ['requestMicroUsd'] } as const;
const hints: Partial<Record<PriceName, string>> = {
  inputMicroUsd: words.amountHint,
  outputMicroUsd: words.amountHint,
  cachedInputMicroUsd: words.asInput,
  cacheWriteInputMicroUsd: words.asInput,
  reasoningMicroUsd: words.asOutput,
  requestMicroUsd: words.noRequest,
};

type Values = Record<PriceName | 'model', string>;
/** A name that nobody knows: what the server made of it, and what was to be saved under it. */
interface Slip {
  model: string;
  problem: ApiProblem;
}

/**
 * Sets the prices of a model, in dollars as people write them. Without `model` it asks for the name; one that is not
 * known is answered with those that may have been meant, each a click away.
 */
export function PriceForm({
  model,
  kind,
  prices,
  onSaved,
}: {
  model: string | null;
  kind: ModelPrice['kind'];
  prices: Record<PriceName, number | null> | null;
  onSaved: (model: string) => Promise<void>;
}) {
  const [slip, setSlip] = useState<Slip | null>(null);
  // What a click on a suggestion sends the form with, in place of the name that was typed.
  const meant = useRef<{ model: string; unknownModel: boolean } | null>(null);
  const ofSearch = kind === 'search';
  const names = ofSearch ? (['requestMicroUsd'] as const) : priceNames;
  const form = useForm({
    names: ['model', ...priceNames],
    initial: Object.fromEntries(names.map((name) => [name, written(name, prices?.[name])])),
    check: (values) => ({
      ...(model === null ? missing(values, 'model') : {}),
      ...Object.fromEntries(
        names
          .filter((name) => values[name].trim() !== '' && parseMoney(values[name]) === null)
          .map((name) => [name, words.notAmount]),
      ),
      ...missing(values, ...needed[ofSearch ? 'search' : 'text']),
    }),
    send: async (values) => {
      const { model: name, unknownModel } = meant.current ?? {
        model: model ?? values.model.trim(),
        unknownModel: model !== null,
      };
      meant.current = null;
      setSlip(null);
      await setPrices({ path: { model: name }, body: { ...bodyOf(values, names), unknownModel }, throwOnError: true });
      return name;
    },
    onDone: (name) => onSaved(name),
    onProblem: (problem, values) => {
      if (problem.code !== 'model_unknown' && !problem.suggestions) return false;
      setSlip({ model: values.model.trim(), problem });
      return true;
    },
    clear: model === null,
  });
  const sendAs = (name: string, unknownModel: boolean) => {
    const field = form.element.current?.elements.namedItem('model');
    if (field instanceof HTMLInputElement) field.value = name;
    meant.current = { model: name, unknownModel };
    form.element.current?.requestSubmit();
  };
  return (
    <div className="grid grid-cols-1 gap-5">
      <Form form={form} submit={words.save} busy={words.saving} variant="secondary" className="sm:grid-cols-3">
        {model === null && (
          <TextField
            form={form}
            name="model"
            label={words.model}
            hint={words.modelHint}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={200}
            fieldClassName="sm:col-span-3"
          />
        )}
        {names.map((name) => (
          <TextField
            key={name}
            form={form}
            name={name}
            label={words.names[name]}
            hint={ofSearch ? words.amountHint : hints[name]}
            inputMode="decimal"
            autoComplete="off"
          />
        ))}
      </Form>
      {slip && <SlipNotice slip={slip} onUse={sendAs} />}
    </div>
  );
}

function SlipNotice({ slip, onUse }: { slip: Slip; onUse: (model: string, unknownModel: boolean) => void }) {
  const { suggestions = [], code, detail } = slip.problem;
  // Without a provider that is known the name cannot be right.
  const mayBeRight = code === 'model_unknown';
  return (
    <Notice tone="warning" alert title={mayBeRight ? words.slipTitle(slip.model) : detail}>
      <p>{suggestions.length > 0 ? words.slipText : words.slipNothing}</p>
      <div className="flex flex-wrap gap-2">
        {suggestions.map((suggestion) => (
          <Button
            key={suggestion}
            onClick={() => onUse(suggestion, false)}
            className="h-auto! min-h-10 whitespace-normal!"
          >
            {words.use(suggestion)}
          </Button>
        ))}
        {mayBeRight && (
          <Button variant="ghost" onClick={() => onUse(slip.model, true)}>
            {words.meant}
          </Button>
        )}
      </div>
    </Notice>
  );
}

/** Whole micro-dollars; what was left empty has no price of its own. */
function bodyOf(values: Values, names: readonly PriceName[]): NonNullable<SetPricesData['body']> {
  return Object.fromEntries(
    names.flatMap((name) => (values[name].trim() === '' ? [] : [[name, parseMoney(values[name])]])),
  );
}

/** Nothing for what has no price of its own; a request that costs nothing is not worth a word. */
function written(name: PriceName, microUsd: number | null | undefined): string {
  if (microUsd === null || microUsd === undefined || (name === 'requestMicroUsd' && microUsd === 0)) return '';
  return plainDollars(microUsd);
}

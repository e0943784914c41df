import type { z } from 'zod';
import { dollars } from '../budget/ledger.ts';
import type { priceListSchema } from '../budget/price-list.ts';
import { priceOf } from '../budget/prices.ts';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import { createModels } from '../llm/models.ts';
import type { Finding } from './doctor.ts';

type PriceList = z.infer<typeof priceListSchema>;

const noTokens = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/**
 * Looks at each model of the chain: whether its provider is configured and its price known. None is asked anything,
 * because that would cost money. As long as one of them can be used, the others are passed over, not in the way. Prices
 * that an admin has set stand in the database: `prices` is what the server says of them, null when it could not be asked.
 */
export async function inspectModels(config: Config, secrets: Secrets, prices: PriceList | null): Promise<Finding[]> {
  const models = createModels(config, secrets);
  const set = new Map(prices?.overrides.map((override) => [override.model, override]));
  const findings: Finding[] = [];
  for (const id of models.chain) {
    try {
      const { price } = await models.resolve(id);
      const override = set.get(id);
      const { pricedAs } = priceOf(override ? { kind: 'explicit', ...override } : price, noTokens, new Date());
      const priced = override ? 'priced by an admin' : pricedAs ? `priced as ${pricedAs}` : 'priced explicitly';
      findings.push({ check: 'model', severity: 'ok', message: `${id} is configured, ${priced}` });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      findings.push({ check: 'model', severity: 'problem', message: error.message, hint: error.hint });
    }
  }
  const usable = findings.some(({ severity }) => severity === 'ok');
  const judged = findings.map(
    (finding): Finding => (usable && finding.severity === 'problem' ? { ...finding, severity: 'warning' } : finding),
  );
  return [...judged, ...idleKeys(config, secrets), ...(prices ? inspectPrices(prices) : [])];
}

/** What an admin has set, and models of users and of earlier runs that cannot be asked for lack of a price. */
function inspectPrices({ overrides, models }: PriceList): Finding[] {
  const set = overrides.map(({ model, inputMicroUsd, outputMicroUsd, requestMicroUsd }): Finding => {
    const isSearch = models.some((entry) => entry.model === model && entry.kind === 'search');
    const tokens = `${dollars(inputMicroUsd)} and ${dollars(outputMicroUsd)} for a million tokens in and out`;
    const request = `${dollars(requestMicroUsd)} for a request`;
    const amounts = isSearch ? request : requestMicroUsd > 0 ? `${tokens}, ${request}` : tokens;
    return { check: 'price', severity: 'ok', message: `an admin has set the price of ${model}: ${amounts}` };
  });
  const unknown = models
    .filter(({ source, inChain }) => source === 'unknown' && !inChain)
    .map(
      ({ model, chosenByUsers }): Finding => ({
        check: 'price',
        severity: 'warning',
        message: `no price is known for ${model}, ${chosenByUsers > 0 ? 'which users have chosen' : 'which was asked lately'}`,
        hint: 'Set it in the web app under Admin, Prices, or in MODEL_PRICES; until then calls of it are refused.',
      }),
    );
  return [...set, ...unknown];
}

/** A key alone chooses no model: who has set one would wonder why the offline writer still writes. */
function idleKeys(config: Config, secrets: Secrets): Finding[] {
  const keys = [
    { set: secrets.anthropicApiKey, name: 'ANTHROPIC_API_KEY', provider: 'anthropic', example: 'claude-sonnet-5' },
    { set: secrets.openaiApiKey, name: 'OPENAI_API_KEY', provider: 'openai', example: 'gpt-5-mini' },
    { set: secrets.googleApiKey, name: 'GOOGLE_GENERATIVE_AI_API_KEY', provider: 'google', example: 'gemini-3-flash' },
  ];
  return keys
    .filter(({ set, provider }) => set && !config.models.chain.some((id) => id.startsWith(provider)))
    .map(({ name, provider, example }) => ({
      check: 'model',
      severity: 'warning',
      message: `${name} is set, but no model of LLM_MODEL uses it`,
      hint: `Name one, for example LLM_MODEL=${provider}:${example}`,
    }));
}

import { priceOf } from '../budget/prices.ts';
import type { Config, Secrets } from '../config.ts';
import { AppError } from '../errors.ts';
import { createModels } from '../llm/models.ts';
import type { Finding } from './doctor.ts';

const noTokens = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};

/**
 * Looks at each model of the chain: whether its provider is configured and its price known. None is asked anything,
 * because that would cost money. As long as one of them can be used, the others are passed over, not in the way.
 */
export async function inspectModels(config: Config, secrets: Secrets): Promise<Finding[]> {
  const models = createModels(config, secrets);
  const findings: Finding[] = [];
  for (const id of models.chain) {
    try {
      const { price } = await models.resolve(id);
      const { pricedAs } = priceOf(price, noTokens, new Date());
      const priced = pricedAs ? `priced as ${pricedAs}` : 'priced explicitly';
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
  return [...judged, ...idleKeys(config, secrets)];
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

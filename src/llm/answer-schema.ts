import type { JSONSchema7 } from '@ai-sdk/provider';
import type { z } from 'zod';

/** Limits that some providers refuse in a schema they shall keep to; the answer is held against ours anyway. */
const limits = new Set([
  '$schema',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
]);

/** A task's answer as JSON Schema for the model: its shape and descriptions, without limits on values. */
export function answerSchema(schema: z.ZodType): JSONSchema7 {
  return withoutLimits(schema.toJSONSchema()) as JSONSchema7;
}

function withoutLimits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLimits);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name]) => !limits.has(name));
  return Object.fromEntries(
    kept.map(([name, inner]) => [
      name,
      // The names in here are ours: a property may be called "minimum".
      name === 'properties' ? mapValues(inner, withoutLimits) : withoutLimits(inner),
    ]),
  );
}

function mapValues(value: object, change: (inner: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner)]));
}

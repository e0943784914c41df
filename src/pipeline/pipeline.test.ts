import { expect, test } from 'vitest';
import { steps } from './pipeline.ts';
import { stepNames } from './step-names.ts';

test('the names of the steps are those of the steps, in their order', () => {
  expect(steps.map((step) => step.name)).toEqual([...stepNames]);
});

import { topicStep } from './1-topic/step.ts';
import { researchStep } from './2-research/step.ts';
import { outlineStep } from './3-outline/step.ts';
import { draftStep } from './4-draft/step.ts';
import { checkStep } from './5-check/step.ts';
import { seoStep } from './6-seo/step.ts';
import { publishStep } from './7-publish/step.ts';
import type { AnyStep } from './define-step.ts';
import type { StepName } from './step-names.ts';

/** The article's way, in order. This is the only place where the order is stated. */
export const steps: readonly (AnyStep & { name: StepName })[] = [
  topicStep,
  researchStep,
  outlineStep,
  draftStep,
  checkStep,
  seoStep,
  publishStep,
];

/**
 * The names of the steps in the order of `pipeline.ts`, for whoever shows or names steps without running them: the steps
 * themselves load everything an article needs.
 */
export const stepNames = ['topic', 'research', 'outline', 'draft', 'check', 'seo', 'publish'] as const;
export type StepName = (typeof stepNames)[number];

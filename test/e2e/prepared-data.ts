import type { TestProject } from 'vitest/node';
import { preparedDataDir } from '../harness.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The data directory of an instance that has its schema and nothing else. */
    preparedData: string;
  }
}

/** Makes the data directory that every server of the browser tests begins with: installing a database takes seconds of each. */
export default async function prepare(project: TestProject): Promise<void> {
  project.provide('preparedData', await preparedDataDir());
}

import type { Measure } from './support/measure.ts';

interface Entry {
  load(): Promise<Measure>;
  /** Left out unless it is named: it takes long, or needs the network. */
  onlyWhenNamed?: true;
}

/** Every measure by its name, in the order in which they run. */
export const measures: Record<string, Entry> = {
  overhead: { load: async () => (await import('./overhead.ts')).overhead },
  accounts: { load: async () => (await import('./accounts.ts')).accounts },
  budget: { load: async () => (await import('./budget.ts')).budget },
  article: { load: async () => (await import('./article.ts')).article },
  publishing: { load: async () => (await import('./publishing.ts')).publishing },
  queue: { load: async () => (await import('./queue.ts')).queue, onlyWhenNamed: true },
  scale: { load: async () => (await import('./scale.ts')).scale, onlyWhenNamed: true },
  typing: { load: async () => (await import('./typing.ts')).typing, onlyWhenNamed: true },
  web: { load: async () => (await import('./web.ts')).web, onlyWhenNamed: true },
  backups: { load: async () => (await import('./backups.ts')).backups, onlyWhenNamed: true },
  monitoring: { load: async () => (await import('./monitoring.ts')).monitoring, onlyWhenNamed: true },
  'start-up': { load: async () => (await import('./start-up.ts')).startUp },
  'embedded-start': { load: async () => (await import('./embedded-start.ts')).embeddedStart },
  'first-article': { load: async () => (await import('./first-article.ts')).firstArticle, onlyWhenNamed: true },
};

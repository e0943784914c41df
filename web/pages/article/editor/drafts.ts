import type { Values } from './values.ts';

/** What was written and not saved yet, as it is kept in this browser. */
export interface Draft {
  /** The revision and the text that it was written on. */
  revision: number;
  base: Values;
  values: Values;
  /** Milliseconds since 1970. */
  keptAt: number;
}

const prefix = 'blog-poster:draft:';
const maxAgeMs = 90 * 24 * 3_600_000;

/** Where the drafts of one editor are kept: one place for each open editor, so that two tabs do not overwrite each other. */
export class DraftKeeper {
  readonly of: string;
  private readonly key: string;
  private letGo: (() => void) | null = null;

  constructor(userId: string, articleId: string) {
    this.of = `${prefix}${userId}:${articleId}:`;
    this.key = this.of + crypto.randomUUID();
  }

  /** Holds the place for as long as this editor is open; the browser lets go of it when the tab dies. */
  hold(): void {
    // Absent where the page did not come over https: then drafts of living tabs may be taken up twice, which merges them.
    if (!('locks' in navigator) || this.letGo) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.letGo = resolve;
    void navigator.locks.request(this.key, () => promise);
  }

  release(): void {
    this.letGo?.();
    this.letGo = null;
  }

  /** False when the browser has no room for it. */
  keep(draft: Omit<Draft, 'keptAt'>): boolean {
    try {
      localStorage.setItem(this.key, JSON.stringify({ ...draft, keptAt: Date.now() } satisfies Draft));
      return true;
    } catch (error) {
      console.warn('The browser kept no draft.', error);
      return false;
    }
  }

  drop(): void {
    localStorage.removeItem(this.key);
  }

  /** Drafts of this article whose tabs are gone, oldest first; `take` removes one for good. */
  async orphans(): Promise<{ draft: Draft; take: () => void }[]> {
    const held = 'locks' in navigator ? ((await navigator.locks.query()).held ?? []).map(({ name }) => name) : [];
    const found: { draft: Draft; take: () => void }[] = [];
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(prefix)) continue;
      const draft = read(key);
      if (!draft || draft.keptAt < Date.now() - maxAgeMs) localStorage.removeItem(key);
      else if (key.startsWith(this.of) && key !== this.key && !held.includes(key))
        found.push({ draft, take: () => localStorage.removeItem(key) });
    }
    return found.toSorted((a, b) => a.draft.keptAt - b.draft.keptAt);
  }
}

function read(key: string): Draft | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isDraft(value) ? value : null;
  } catch (error) {
    console.warn('A draft could not be read.', error);
    return null;
  }
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false;
  const { revision, base, values, keptAt } = value as Record<string, unknown>;
  const isValues = (one: unknown) => typeof one === 'object' && one !== null && 'markdown' in one && 'title' in one;
  return typeof revision === 'number' && typeof keptAt === 'number' && isValues(base) && isValues(values);
}

/** Something that was chosen before: where it leads, what it is called, and among what it was found. */
export interface Recent {
  href: string;
  label: string;
  kind: 'places' | 'articles' | 'topics' | 'runs' | 'sites';
}

const keyOf = (userId: string) => `blog-poster:recent:${userId}`;
const kept = 6;
const kinds = ['places', 'articles', 'topics', 'runs', 'sites'];

const isRecent = (value: unknown): value is Recent => {
  const { href, label, kind } = (value ?? {}) as Partial<Record<keyof Recent, unknown>>;
  return (
    typeof href === 'string' && /^\/(?!\/)/.test(href) && typeof label === 'string' && kinds.includes(String(kind))
  );
};

/** What an account has chosen lately in this browser, the last first. */
export function readRecents(userId: string): Recent[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]');
    return Array.isArray(value) ? value.filter(isRecent).slice(0, kept) : [];
  } catch (error) {
    console.info('What was chosen lately could not be read.', error);
    return [];
  }
}

/** Puts one in front of them. */
export function keepRecent(userId: string, recent: Recent): void {
  const others = readRecents(userId).filter(({ href }) => href !== recent.href);
  try {
    localStorage.setItem(keyOf(userId), JSON.stringify([recent, ...others].slice(0, kept)));
  } catch (error) {
    console.info('This browser keeps nothing, so this choice is not remembered.', error);
  }
}

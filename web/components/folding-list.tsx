import { type ReactNode, useState } from 'react';
import { cn } from './class-names.ts';
import { Button } from './ui/button.tsx';

interface FoldingListProps<Item> {
  title: string;
  hint?: string | undefined;
  items: readonly Item[];
  /** The classes of a row. */
  row: string;
  /** What the button says that shows all so many of them, and the one that folds them again. */
  words: { all: (count: number) => string; fewer: string };
  children: (item: Item) => ReactNode;
}

/** So many say enough until one asks for all. */
const few = 8;

/** Things with which the same has happened, under what that is: the first few, and all when asked. Nothing where there are none. */
export function FoldingList<Item>({ title, hint, items, row, words, children }: FoldingListProps<Item>) {
  const [all, setAll] = useState(false);
  if (items.length === 0) return null;
  return (
    <section className="grid grid-cols-1 gap-2">
      <div>
        <h3 className="font-semibold">{title}</h3>
        {hint && <p className="text-sm text-muted-foreground">{hint}</p>}
      </div>
      <ul
        aria-label={title}
        className="grid grid-cols-1 divide-y divide-border rounded-lg border border-border text-sm"
      >
        {items.slice(0, all ? undefined : few).map((item, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: what has happened keeps its place, and may have one name twice
            key={index}
            className={cn(row, all && '[contain-intrinsic-height:auto_2.75rem] [content-visibility:auto]')}
          >
            {children(item)}
          </li>
        ))}
      </ul>
      {items.length > few && (
        <Button size="small" variant="ghost" className="justify-self-start" onClick={() => setAll(!all)}>
          {all ? words.fewer : words.all(items.length)}
        </Button>
      )}
    </section>
  );
}

import { type ReactNode, useEffect, useRef, useState } from 'react';

interface GrowingListProps<Item> {
  /** The list in the pages in which it was read. */
  pages: Item[][];
  keyOf: (item: Item) => string;
  row: (item: Item) => ReactNode;
  label: string;
  hasMore: boolean;
  loadMore: () => void;
}

/** How far outside the window rows are kept, and the next page is asked for. */
const margin = '1200px 0px';

/**
 * A list that reads on as it is scrolled. Pages far outside the window are replaced by room of their own height, so that
 * ten thousand rows weigh as much as a hundred.
 */
export function GrowingList<Item>({ pages, keyOf, row, label, hasMore, loadMore }: GrowingListProps<Item>) {
  const end = useRef<HTMLDivElement>(null);
  const more = useRef(loadMore);
  more.current = loadMore;
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each page the end is somewhere else
  useEffect(() => {
    if (!end.current || !hasMore) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) more.current();
      },
      { rootMargin: margin },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [hasMore, pages.length]);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: the rows stand in pages, which a list element may not hold */}
      <div role="list" aria-label={label}>
        {pages.map((items, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pages come one after the other and keep their places
          <PageOfRows key={index} items={items} keyOf={keyOf} row={row} />
        ))}
      </div>
      <div ref={end} aria-hidden="true" />
    </>
  );
}

function PageOfRows<Item>({ items, keyOf, row }: Pick<GrowingListProps<Item>, 'keyOf' | 'row'> & { items: Item[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState<number | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        // What has the keyboard in it stays.
        const kept = entry.isIntersecting || element.contains(document.activeElement);
        setHeight(kept ? null : entry.boundingClientRect.height);
      },
      { rootMargin: margin },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} role="presentation" style={height === null ? undefined : { height }}>
      {height === null &&
        items.map((item) => (
          // biome-ignore lint/a11y/useSemanticElements: see the list
          <div key={keyOf(item)} role="listitem" className="border-b border-border">
            {row(item)}
          </div>
        ))}
    </div>
  );
}

import { useRouter } from '@tanstack/react-router';
import { useWindowVirtualizer, type VirtualItem, type Virtualizer } from '@tanstack/react-virtual';
import {
  type DragEventHandler,
  type FocusEvent,
  type ReactNode,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { cn } from './class-names.ts';
import { type MorePages, MoreRows } from './more-rows.tsx';

interface LongListProps<Item> {
  /** Every item that has been read so far. */
  items: readonly Item[];
  keyOf: (item: Item) => string;
  label: string;
  children: (item: Item, index: number) => ReactNode;
  /** The height of a row that has not been drawn yet, in pixels; it need not be exact. */
  rowHeight: number;
  /** How many items there are with those that were not read; undefined while that is not known. */
  total?: number | undefined;
  /** Items beside each other; the row that holds them is laid out by `rowClassName`. */
  columns?: number;
  rowClassName?: string;
  /** The key of an item whose row stays wherever the list is scrolled. */
  keep?: string | undefined;
  pages?: MorePages | undefined;
  onDragOver?: DragEventHandler;
  onDrop?: DragEventHandler;
}

/** Rows drawn above and below the window, for fast scrolling and for the Tab key. */
const overscan = 8;
/** The rows that the keyboard was in last stay, with what was opened or typed in them. */
const mostKept = 12;
/** Of so many lists the heights of rows are remembered, for the way back to them. */
const mostRemembered = 30;
const remembered = new Map<string, VirtualItem[]>();

/**
 * A list of any length in the page's own scrolling: only the rows in sight are drawn, and a screen reader is told the place
 * of each among all. Rows in which the keyboard is or was stay. The back button finds the list as it was left.
 */
export function LongList<Item>(props: LongListProps<Item>) {
  const {
    items,
    keyOf,
    label,
    children,
    rowHeight,
    columns = 1,
    rowClassName,
    keep,
    pages,
    onDragOver,
    onDrop,
  } = props;
  const box = useRef<HTMLDivElement>(null);
  const scrollMargin = useTopOf(box);
  const rows = Math.ceil(items.length / columns);
  const { visited, onFocus, onBlur } = useVisitedRows();
  // Places are worked out anew when the items change, not whenever the page is drawn.
  const name = useRef(keyOf);
  name.current = keyOf;
  const keyOfRow = useCallback(
    (row: number) => {
      const first = items[row * columns];
      return first === undefined ? row : name.current(first);
    },
    [items, columns],
  );
  const rowOf = useMemo(
    () => new Map(items.map((item, index) => [name.current(item), Math.floor(index / columns)])),
    [items, columns],
  );
  const memory = useMemory(label, columns);
  const virtualizer = useWindowVirtualizer<HTMLDivElement>({
    count: rows,
    estimateSize: () => rowHeight,
    getItemKey: keyOfRow,
    overscan,
    scrollMargin,
    initialMeasurementsCache: memory.before,
    rangeExtractor: ({ startIndex, endIndex, count }) => {
      const drawn = new Set<number>();
      for (let row = Math.max(0, startIndex - overscan); row <= Math.min(count - 1, endIndex + overscan); row++)
        drawn.add(row);
      const kept = [...visited.current.keys, ...(keep === undefined ? [] : [keep])];
      for (const key of kept) {
        const row = rowOf.get(key);
        if (row === undefined) continue;
        drawn.add(row);
        if (key !== visited.current.present) continue;
        // The Tab key goes on from where it is, not from where the list was scrolled to.
        if (row > 0) drawn.add(row - 1);
        if (row < count - 1) drawn.add(row + 1);
      }
      return [...drawn].sort((a, b) => a - b);
    },
  });
  memory.keepFrom(virtualizer);
  const total = props.total ?? (pages?.hasNextPage ? -1 : items.length);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of several items stand between, which a list element may not hold */}
      <div
        ref={box}
        role="list"
        aria-label={label}
        onFocus={onFocus}
        onBlur={onBlur}
        onDragOver={onDragOver}
        onDrop={onDrop}
        className="relative [overflow-anchor:none]"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {virtualizer.getVirtualItems().map(({ key, index: row, start }) => (
          <div
            key={key}
            role="presentation"
            ref={virtualizer.measureElement}
            data-index={row}
            data-key={key}
            className={cn('absolute inset-x-0 top-0', rowClassName ?? (row < rows - 1 && 'border-b border-border'))}
            style={{ transform: `translateY(${start - virtualizer.options.scrollMargin}px)` }}
          >
            {items.slice(row * columns, (row + 1) * columns).map((item, column) => (
              // biome-ignore lint/a11y/useSemanticElements: see the list
              <div
                key={keyOf(item)}
                role="listitem"
                aria-setsize={total}
                aria-posinset={row * columns + column + 1}
                className="min-w-0"
              >
                {children(item, row * columns + column)}
              </div>
            ))}
          </div>
        ))}
      </div>
      {pages && <MoreRows pages={pages} />}
    </>
  );
}

/** How far below the top of the document an element begins, whatever comes and goes above it; in pixels. */
function useTopOf(box: { readonly current: HTMLElement | null }): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const look = () => {
      if (box.current) setTop(Math.round(box.current.getBoundingClientRect().top + window.scrollY));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box]);
  return top;
}

/** Notes in which rows the keyboard was, the latest first. */
function useVisitedRows() {
  const visited = useRef<{ keys: string[]; present: string | null }>({ keys: [], present: null });
  const onFocus = ({ target }: FocusEvent<HTMLElement>) => {
    const key = target.closest<HTMLElement>('[data-key]')?.dataset.key;
    if (key === undefined) return;
    const others = visited.current.keys.filter((other) => other !== key);
    visited.current = { keys: [key, ...others].slice(0, mostKept), present: key };
  };
  const onBlur = () => {
    visited.current.present = null;
  };
  return { visited, onFocus, onBlur };
}

/** The heights that the rows of this list had when its page was left. */
function useMemory(label: string, columns: number) {
  const router = useRouter();
  const [{ name, before }] = useState(() => {
    const name = `${router.latestLocation.pathname} ${label} ${columns}`;
    return { name, before: remembered.get(name) ?? [] };
  });
  const list = useRef<Virtualizer<Window, HTMLDivElement>>(null);
  useLayoutEffect(
    () => () => {
      remembered.delete(name);
      remembered.set(name, list.current?.takeSnapshot() ?? []);
      const [oldest] = remembered.keys();
      if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
    },
    [name],
  );
  const keepFrom = (virtualizer: Virtualizer<Window, HTMLDivElement>) => {
    list.current = virtualizer;
  };
  return { before, keepFrom };
}

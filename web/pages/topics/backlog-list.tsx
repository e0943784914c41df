import { type DragEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { LongList } from '@/components/long-list.tsx';
import type { MorePages } from '@/components/more-rows.tsx';
import { toast } from '@/components/toaster.tsx';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { type RowCommands, TopicRow } from './topic-row.tsx';
import type { TopicCommands } from './use-topic-commands.ts';

const words = t.topics;

interface BacklogListProps {
  topics: Topic[];
  /** How many there are with those that are not shown yet; undefined while that is not known. */
  total: number | undefined;
  pages: MorePages;
  movable: boolean;
  commands: TopicCommands;
  nameOf: (siteId: string | null) => string | null;
  editing: string | undefined;
  onEdit: (id: string | null) => void;
}

/** Where a dragged topic would come to lie: before the topic at this place. */
type Gap = number | null;

/** The backlog in its order, put into another one with the mouse or the buttons. */
export function BacklogList(props: BacklogListProps) {
  const { topics, total = topics.length, pages, movable, commands, nameOf, editing, onEdit } = props;
  const more = pages.hasNextPage;
  const [gap, setGap] = useState<Gap>(null);
  const dragged = useRef<Topic | null>(null);
  const { said, announce, focusLater } = useMoveNews();
  const now = useRef({ topics, total, more, commands, onEdit });
  now.current = { topics, total, more, commands, onEdit };

  const moveTo = useCallback(
    (topic: Topic, to: number) => {
      const list = now.current.topics;
      const from = list.findIndex(({ id }) => id === topic.id);
      if (from < 0 || to < 0 || to >= list.length || from === to) return;
      const before = list[to < from ? to : to + 1]?.id ?? null;
      // Behind the last that is shown there are others: null would mean behind all of them.
      if (before === null && now.current.more) return;
      now.current.commands.forget();
      now.current.commands.move({ topic, to, before });
      announce(words.moved(topic.topic, to + 1, formatCount(now.current.total)));
    },
    [announce],
  );
  const rowCommands = useMemo<RowCommands>(
    () => ({
      move: (topic, to, by) => {
        focusLater(`${by}-${topic.id}`);
        moveTo(topic, to);
      },
      edit: (id) => now.current.onEdit(id),
      dismiss: (topic) => dismiss(topic, now.current),
      drag: (topic) => {
        dragged.current = topic;
        if (!topic) setGap(null);
      },
    }),
    [moveTo, focusLater],
  );
  const onDragOver = (event: DragEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-topic]');
    if (!dragged.current || !row) return;
    event.preventDefault();
    const { top, height } = row.getBoundingClientRect();
    const place = topics.findIndex(({ id }) => id === row.dataset.topic);
    setGap(event.clientY > top + height / 2 ? place + 1 : place);
  };
  const onDrop = (event: DragEvent) => {
    const topic = dragged.current;
    if (!topic || gap === null) return;
    event.preventDefault();
    const from = topics.findIndex(({ id }) => id === topic.id);
    moveTo(topic, gap > from ? gap - 1 : gap);
    setGap(null);
  };
  return (
    <>
      <p className="sr-only" aria-live="polite">
        {said}
      </p>
      <LongList
        label={words.list.open}
        items={topics}
        keyOf={({ id }) => id}
        rowHeight={84}
        total={props.total}
        keep={editing}
        pages={pages}
        onDragOver={onDragOver}
        onDrop={onDrop}
      >
        {(topic, place) => (
          <TopicRow
            topic={topic}
            place={place}
            last={place >= topics.length - (more ? 2 : 1)}
            siteName={nameOf(topic.siteId)}
            editing={editing === topic.id}
            movable={movable}
            drop={gap === place ? 'before' : gap === topics.length && place === gap - 1 ? 'after' : null}
            commands={rowCommands}
          />
        )}
      </LongList>
    </>
  );
}

/** Takes a topic out, and the keyboard to the one that comes after it. */
function dismiss(topic: Topic, { topics, commands }: Pick<BacklogListProps, 'topics' | 'commands'>): void {
  const place = topics.findIndex(({ id }) => id === topic.id);
  const next = topics[place + 1] ?? topics[place - 1];
  commands.forget();
  commands.decide(
    { topics: [topic], status: 'dismissed' },
    {
      onSuccess: () =>
        toast(words.dismissed([topic.topic]), {
          label: words.undo,
          run: () => commands.decide({ topics: [topic], status: 'open' }),
        }),
    },
  );
  if (next) requestAnimationFrame(() => document.getElementById(`edit-${next.id}`)?.focus());
}

/** Says each move, and keeps the keyboard on the button that made it: a row that has moved loses it. */
function useMoveNews() {
  const [said, setSaid] = useState({ text: '', count: 0 });
  const focus = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same words may be said twice
  useEffect(() => {
    const id = focus.current;
    focus.current = null;
    // The list is drawn anew once what was being read has been put aside.
    if (id) requestAnimationFrame(() => document.getElementById(id)?.focus());
  }, [said.count]);
  const announce = useCallback((text: string) => setSaid(({ count }) => ({ text, count: count + 1 })), []);
  const focusLater = useCallback((id: string) => {
    focus.current = id;
  }, []);
  return { said: said.text, announce, focusLater };
}

import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, ArrowUpToLine, GripVertical, Pencil, X } from 'lucide-react';
import { type DragEvent, memo, type ReactNode } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { Button } from '@/components/ui/button.tsx';
import { formatCount } from '@/format/money.ts';
import { t } from '@/strings.ts';
import { TopicFacts } from './topic-facts.tsx';
import { TopicForm } from './topic-form.tsx';

const words = t.topics;

/** What can be done with a row; the same functions for as long as the list is shown, so that rows are drawn once. */
export interface RowCommands {
  move: (topic: Topic, to: number, by: 'top' | 'up' | 'down') => void;
  edit: (id: string | null) => void;
  dismiss: (topic: Topic) => void;
  drag: (topic: Topic | null) => void;
}

interface TopicRowProps {
  topic: Topic;
  /** From 0. */
  place: number;
  last: boolean;
  siteName: string | null;
  editing: boolean;
  /** False where the order on the page is not that of the list. */
  movable: boolean;
  /** On which side of it a dragged topic would come to lie. */
  drop: 'before' | 'after' | null;
  commands: RowCommands;
}

/** A topic of the backlog. */
export const TopicRow = memo(function TopicRow(props: TopicRowProps) {
  const { topic, place, last, siteName, editing, movable, drop, commands } = props;
  return (
    <div
      data-topic={topic.id}
      className={cn(
        'relative px-4 py-3 sm:pl-2.5 sm:pr-4',
        drop && 'before:absolute before:inset-x-0 before:z-10 before:h-0.5 before:bg-accent',
        drop === 'before' && 'before:top-0',
        drop === 'after' && 'before:bottom-0',
      )}
    >
      {editing ? (
        <TopicForm topic={topic} onClose={() => commands.edit(null)} />
      ) : (
        <div className="flex items-start gap-2">
          {movable && <Grip topic={topic} commands={commands} />}
          <span className="w-7 shrink-0 text-right text-sm leading-8 text-muted-foreground tabular-nums max-sm:hidden">
            {formatCount(place + 1)}
          </span>
          <div className="grid min-w-0 flex-1 grid-cols-1 gap-x-4 gap-y-1.5 sm:pl-1.5 md:grid-cols-[minmax(0,1fr)_auto]">
            <div className="grid min-w-0 grid-cols-1 content-start gap-0.5">
              <p dir="auto" className="leading-8 font-medium break-words max-sm:leading-snug">
                {topic.topic}
              </p>
              <TopicFacts topic={topic} siteName={siteName} />
            </div>
            <div className="flex flex-wrap items-center gap-0.5 max-md:-ml-2">
              {movable && (
                <>
                  <Mover
                    id={`top-${topic.id}`}
                    label={words.top(topic.topic)}
                    title={words.topShort}
                    off={place === 0}
                    onClick={() => commands.move(topic, 0, 'top')}
                  >
                    <ArrowUpToLine aria-hidden="true" />
                  </Mover>
                  <Mover
                    id={`up-${topic.id}`}
                    label={words.up(topic.topic)}
                    title={words.upShort}
                    off={place === 0}
                    onClick={() => commands.move(topic, place - 1, 'up')}
                  >
                    <ArrowUp aria-hidden="true" />
                  </Mover>
                  <Mover
                    id={`down-${topic.id}`}
                    label={words.down(topic.topic)}
                    title={words.downShort}
                    off={last}
                    onClick={() => commands.move(topic, place + 1, 'down')}
                  >
                    <ArrowDown aria-hidden="true" />
                  </Mover>
                </>
              )}
              <Button
                id={`edit-${topic.id}`}
                size="icon-small"
                variant="ghost"
                aria-label={words.editOf(topic.topic)}
                title={words.edit}
                onClick={() => commands.edit(topic.id)}
              >
                <Pencil aria-hidden="true" />
              </Button>
              <Button
                size="icon-small"
                variant="ghost"
                aria-label={words.dismissOf(topic.topic)}
                title={words.dismiss}
                onClick={() => commands.dismiss(topic)}
              >
                <X aria-hidden="true" />
              </Button>
              <Button size="small" className="ml-1.5" asChild>
                <Link to="/new" search={{ topic: topic.id }} preload={false} aria-label={words.writeOf(topic.topic)}>
                  {words.write}
                </Link>
              </Button>
            </div>
          </div>
        </div>
      )}
    </div>
  );
});

/** For the mouse alone: with the keyboard and on a phone the buttons do the same. */
function Grip({ topic, commands }: { topic: Topic; commands: RowCommands }) {
  const begin = (event: DragEvent<HTMLElement>) => {
    const row = event.currentTarget.closest('[data-topic]');
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', topic.topic);
    if (row) event.dataTransfer.setDragImage(row, 16, 16);
    commands.drag(topic);
  };
  return (
    <span
      draggable
      aria-hidden="true"
      title={words.drag}
      data-grip={topic.id}
      onDragStart={begin}
      onDragEnd={() => commands.drag(null)}
      className="grid h-8 w-5 shrink-0 cursor-grab place-items-center text-muted-foreground active:cursor-grabbing max-sm:hidden"
    >
      <GripVertical className="size-4" />
    </span>
  );
}

interface MoverProps {
  id: string;
  label: string;
  title: string;
  off: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Mover({ id, label, title, off, onClick, children }: MoverProps) {
  return (
    <Button
      id={id}
      size="icon-small"
      variant="ghost"
      aria-label={label}
      title={title}
      aria-disabled={off}
      onClick={() => !off && onClick()}
    >
      {children}
    </Button>
  );
}

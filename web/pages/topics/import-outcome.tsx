import { type ReactNode, useState } from 'react';
import type { TopicImport } from '@/api/client/types.gen.ts';
import { cn } from '@/components/class-names.ts';
import { Badge } from '@/components/ui/badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { topicImportWords } from '@/strings-topic-intake.ts';
import { DuplicateOf } from './duplicate-of.tsx';

const words = topicImportWords;
/** So many lines of a part say enough until one asks for all. */
const few = 8;

/** How a list was read, and what became of its lines, or would: `wouldBe`. */
export function ImportOutcome({ answer, wouldBe = false }: { answer: TopicImport; wouldBe?: boolean }) {
  const { added, known, refused, columns, encoding, rows } = answer;
  return (
    <div className="grid grid-cols-1 gap-5">
      <div className="grid gap-2 text-sm">
        <p>
          {words.rows(rows)} {words.readAs(words.encodings[encoding] ?? encoding)}.
        </p>
        {columns.length > 1 && (
          <dl className="flex flex-wrap items-center gap-x-5 gap-y-2">
            <dt className="text-muted-foreground">{words.columns}</dt>
            {columns.map(({ name, meaning }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name, and none changes its place
              <dd key={index} className="flex min-w-0 items-center gap-2">
                <span dir="auto" className="min-w-0 break-all">
                  {name}
                </span>
                <Badge tone={meaning ? 'accent' : 'neutral'}>
                  {meaning ? (words.columnNames[meaning] ?? meaning) : words.ignored}
                </Badge>
              </dd>
            ))}
          </dl>
        )}
      </div>
      <Part title={wouldBe ? words.wouldAdd(added.length) : words.added(added.length)} items={added}>
        {({ topic, keyword }) => (
          <>
            <span dir="auto">{topic}</span>
            {keyword && (
              <span dir="auto" className="ml-3 text-muted-foreground">
                {keyword}
              </span>
            )}
          </>
        )}
      </Part>
      <Part
        title={words.refused(refused.length)}
        hint={added.length > 0 ? words.refusedHint : undefined}
        items={refused}
      >
        {({ topic, message, hint, duplicateOf }) => (
          <>
            {topic && (
              <p dir="auto" className="font-medium">
                {topic}
              </p>
            )}
            <p className="text-danger">{message}</p>
            {duplicateOf && <DuplicateOf duplicate={duplicateOf} />}
            <p className="text-muted-foreground">{hint}</p>
          </>
        )}
      </Part>
      <Part title={words.known(known.length)} hint={words.knownHint} items={known}>
        {({ topic }) => <span dir="auto">{topic}</span>}
      </Part>
    </div>
  );
}

interface PartProps<Item> {
  title: string;
  hint?: string | undefined;
  items: Item[];
  children: (item: Item) => ReactNode;
}

/** Lines with which the same happens. */
function Part<Item extends { line: number }>({ title, hint, items, children }: PartProps<Item>) {
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
        {items.slice(0, all ? undefined : few).map((item) => (
          <li
            key={item.line}
            className={cn(
              'grid grid-cols-1 gap-x-4 gap-y-0.5 px-3.5 py-2.5 sm:grid-cols-[5.5rem_minmax(0,1fr)]',
              all && '[contain-intrinsic-height:auto_2.75rem] [content-visibility:auto]',
            )}
          >
            <span className="text-muted-foreground tabular-nums">{words.line(item.line)}</span>
            <div className="min-w-0 break-words">{children(item)}</div>
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

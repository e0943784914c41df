import type { ReactNode } from 'react';
import type { TopicImport } from '@/api/client/types.gen.ts';
import { FoldingList } from '@/components/folding-list.tsx';
import { Badge } from '@/components/ui/badge.tsx';
import { topicImportWords } from '@/strings-topic-intake.ts';
import { DuplicateOf } from './duplicate-of.tsx';

const words = topicImportWords;

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
function Part<Item extends { line: number }>({ children, ...props }: PartProps<Item>) {
  const row = 'grid grid-cols-1 gap-x-4 gap-y-0.5 px-3.5 py-2.5 sm:grid-cols-[5.5rem_minmax(0,1fr)]';
  return (
    <FoldingList {...props} words={words} row={row}>
      {(item) => (
        <>
          <span className="text-muted-foreground tabular-nums">{words.line(item.line)}</span>
          <div className="min-w-0 break-words">{children(item)}</div>
        </>
      )}
    </FoldingList>
  );
}

import { diffWordsWithSpace } from 'diff';
import { useState } from 'react';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { editorWords } from '@/strings-editor.ts';
import type { Choice, Merge } from './merge.ts';

const words = editorWords.clash;
const choices: readonly Choice[] = ['mine', 'theirs', 'both'];

/** Every place that both sides changed, to be decided one by one. Until then nothing is saved. */
export function ClashView({ merge, onDecide }: { merge: Merge; onDecide: (choices: Choice[]) => void }) {
  const [made, setMade] = useState<(Choice | undefined)[]>([]);
  const left = merge.clashes.filter((_, index) => made[index] === undefined).length;
  const apply = () => {
    const all = merge.clashes.flatMap((_, index) => made[index] ?? []);
    if (all.length === merge.clashes.length) onDecide(all);
  };
  return (
    <section aria-label={words.title} className="grid grid-cols-1 gap-4">
      <Notice tone="warning" alert title={words.title}>
        <p>{words.text}</p>
      </Notice>
      {merge.clashes.map(({ name, mine, theirs }, index) => (
        <Card
          // biome-ignore lint/suspicious/noArrayIndexKey: the places of one merge never change their order
          key={index}
          role="group"
          aria-label={words.place(index + 1, merge.clashes.length)}
          className="grid grid-cols-1 gap-3 p-4"
        >
          <p className="text-sm font-semibold text-muted-foreground">
            {words.place(index + 1, merge.clashes.length)} · {words.fields[name]}
          </p>
          <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <Version label={words.mine} text={mine} other={theirs} />
            <Version label={words.theirs} text={theirs} other={mine} />
          </div>
          <div className="flex flex-wrap gap-2">
            {choices.map((choice) => (
              <Button
                key={choice}
                size="small"
                aria-pressed={made[index] === choice}
                className="aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
                onClick={() => setMade((before) => Object.assign([...before], { [index]: choice }))}
              >
                {words.choices[choice]}
              </Button>
            ))}
          </div>
        </Card>
      ))}
      <div className="flex flex-wrap items-center gap-3">
        <Button variant="primary" aria-disabled={left > 0} onClick={apply}>
          {words.apply}
        </Button>
        <p aria-live="polite" className="text-sm text-muted-foreground">
          {left > 0 ? words.left(left) : words.ready}
        </p>
      </div>
    </section>
  );
}

/** One of the two, with what it has and the other has not marked in it. */
function Version({ label, text, other }: { label: string; text: string; other: string }) {
  const parts = diffWordsWithSpace(other, text).filter(({ removed }) => !removed);
  return (
    <div className="min-w-0">
      <p className="mb-1 text-sm font-medium">{label}</p>
      <div
        dir="auto"
        className="rounded-lg border border-border bg-background p-3 text-[0.9375rem] whitespace-pre-wrap"
      >
        {text === '' && <span className="text-muted-foreground">{words.nothing}</span>}
        {parts.map(({ value, added }, index) =>
          added ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change their order
            <mark key={index} className="rounded-xs bg-accent-soft text-foreground underline decoration-accent">
              {value}
            </mark>
          ) : (
            value
          ),
        )}
      </div>
    </div>
  );
}

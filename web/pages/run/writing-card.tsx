import { useEffect, useRef } from 'react';
import { Card } from '@/components/ui/card.tsx';
import { t } from '@/strings.ts';
import type { RunFeed } from './run-events.ts';

/** What a model is writing right now, its last lines. It has not been checked yet, and says so. */
export function WritingCard({ writing }: { writing: NonNullable<RunFeed['writing']> }) {
  const box = useRef<HTMLParagraphElement>(null);
  const { text } = writing;
  useEffect(() => {
    if (text && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <Card className="overflow-hidden" aria-label={t.run.writing(t.steps[writing.step].name)}>
      <h2 className="flex flex-wrap items-baseline gap-x-3 border-b border-border px-4 py-3 font-semibold">
        {t.run.writing(t.steps[writing.step].name)}
        <span className="text-sm font-normal text-muted-foreground">{t.run.unchecked}</span>
      </h2>
      <p ref={box} className="h-30 overflow-hidden px-4 py-3 font-serif leading-relaxed text-muted-foreground">
        {text}
      </p>
    </Card>
  );
}

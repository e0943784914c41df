import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { TopicImport } from '@/api/client/types.gen.ts';
import { DropArea } from '@/components/drop-area.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { topicImportWords } from '@/strings-topic-intake.ts';
import { ImportForm } from './import-list.tsx';
import { ImportOutcome } from './import-outcome.tsx';
import { type Import, useImport } from './use-import.ts';

const words = topicImportWords;

/** Brings a list into the backlog: chosen or pasted, looked at, imported. */
export function ImportPage() {
  const job = useImport();
  const { done, problem, preview } = job;
  return (
    <DropArea label={words.title} hint={words.drop} onFiles={job.choose} className="min-h-[60dvh] lg:min-h-[70dvh]">
      <SectionPage title={words.title} intro={words.intro}>
        {done ? <Done answer={done} onAgain={job.again} /> : <ImportForm job={job} />}
        {problem && <Problem problem={problem} />}
        {preview && !done && <Preview answer={preview} job={job} />}
      </SectionPage>
    </DropArea>
  );
}

function Problem({ problem }: { problem: NonNullable<Import['problem']> }) {
  const notice = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another problem is to be read as well
  useEffect(() => notice.current?.focus(), [problem]);
  return <ProblemNotice ref={notice} problem={problem} />;
}

function Preview({ answer, job }: { answer: TopicImport; job: Import }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another answer is to be read as well
  useEffect(() => heading.current?.focus(), [answer]);
  const count = answer.added.length;
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-6">
      <div>
        <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold focus:outline-none">
          {words.previewTitle}
        </h2>
        <p className="text-muted-foreground">{words.nothingYet}</p>
      </div>
      {job.stale && <Notice tone="warning" alert title={words.changed} />}
      <ImportOutcome answer={answer} wouldBe />
      {count > 0 ? (
        <div>
          <Button variant="primary" aria-disabled={job.storing || job.stale} onClick={() => !job.stale && job.store()}>
            {job.storing ? words.importing(count) : words.import(count)}
          </Button>
        </div>
      ) : (
        <Notice tone="warning" title={words.nothingToAdd}>
          <p>{words.nothingToAddHint}</p>
        </Notice>
      )}
    </Card>
  );
}

function Done({ answer, onAgain }: { answer: TopicImport; onAgain: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-6">
      <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold focus:outline-none">
        {answer.added.length > 0 ? words.done : words.doneNothing}
      </h2>
      <ImportOutcome answer={answer} />
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" asChild>
          <Link to="/topics">{words.toBacklog}</Link>
        </Button>
        <Button onClick={onAgain}>{words.another}</Button>
      </div>
    </Card>
  );
}

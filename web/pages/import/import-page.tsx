import { Link } from '@tanstack/react-router';
import { FolderOpen, Upload } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { DropArea } from '@/components/drop-area.tsx';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { FieldError } from '@/components/ui/field.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { articleImportWords as words } from '@/strings-article-import.ts';
import { ImportOutcome } from './import-outcome.tsx';
import { type ArticleImport, useArticleImport } from './use-article-import.ts';

/** Takes over articles of elsewhere: files are chosen, looked at, and imported. */
export function ImportArticlesPage() {
  const job = useArticleImport();
  const { phase } = job;
  return (
    <DropArea label={words.title} hint={words.drop} onFiles={job.choose}>
      <Page title={words.title} heading={words.title} intro={words.intro} className="max-w-3xl">
        <div className="grid grid-cols-1 gap-5">
          {phase === 'choosing' && <Choose job={job} />}
          {(phase === 'looking' || phase === 'importing') && <Working job={job} />}
          {(phase === 'looked' || phase === 'done' || phase === 'stopped') && <Outcome job={job} />}
        </div>
      </Page>
    </DropArea>
  );
}

function Choose({ job }: { job: ArticleImport }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    void job.choose([...(input.files ?? [])]);
    input.value = '';
  };
  return (
    <Card className="grid gap-4 p-4 sm:p-6">
      <div>
        <h2 className="font-semibold">{words.files}</h2>
        <p className="text-sm text-muted-foreground">{words.filesHint}</p>
      </div>
      <div className="flex flex-wrap items-center gap-3 text-sm text-muted-foreground">
        <Button variant="primary" onClick={() => files.current?.click()}>
          <Upload aria-hidden="true" />
          {words.choose}
        </Button>
        <Button onClick={() => folder.current?.click()}>
          <FolderOpen aria-hidden="true" />
          {words.chooseFolder}
        </Button>
        <span className="max-sm:hidden">{words.orDrop}</span>
        <input
          ref={files}
          type="file"
          hidden
          multiple
          accept=".json,.md,.markdown,.mdown"
          aria-label={words.choose}
          onChange={(event) => take(event.target)}
        />
        <input
          ref={folder}
          type="file"
          hidden
          // A folder with everything in it; all browsers know it by this name.
          {...{ webkitdirectory: '' }}
          aria-label={words.chooseFolder}
          onChange={(event) => take(event.target)}
        />
      </div>
      <FieldError id="files-error" error={job.mistake} />
      {job.problem && <ProblemNotice problem={job.problem} />}
    </Card>
  );
}

function Working({ job }: { job: ArticleImport }) {
  const { items, all, phase } = job;
  const said = phase === 'looking' ? words.looking(items.length, all) : words.importing(items.length, all);
  return (
    <Card className="grid gap-4 p-4 sm:p-6">
      <p role="status" className="tabular-nums">
        {said}
      </p>
      <Progress value={all === 0 ? 0 : items.length / all} label={said} />
      {phase === 'importing' && (
        <div>
          <Button onClick={job.stop}>{words.stop}</Button>
        </div>
      )}
    </Card>
  );
}

function Outcome({ job }: { job: ArticleImport }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { phase, items, problem, read, mistake } = job;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each phase has something new to read
  useEffect(() => heading.current?.focus(), [phase]);
  const count = items.filter(({ outcome }) => outcome === 'created').length;
  const title =
    phase === 'looked' ? words.previewTitle : phase === 'done' && count === 0 ? words.doneNothing : words.done;
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-6">
      <div>
        <h2 ref={heading} tabIndex={-1} className="text-lg font-semibold focus:outline-none">
          {title}
        </h2>
        {phase === 'looked' && <p className="text-muted-foreground">{words.nothingYet}</p>}
        {read !== null && read.ignored > 0 && (
          <p className="text-sm text-muted-foreground">{words.ignored(read.ignored)}</p>
        )}
      </div>
      {mistake && <Notice tone="warning" title={mistake} />}
      {problem && <ProblemNotice problem={problem} />}
      {phase === 'stopped' && <Notice tone="warning" title={problem ? words.broken : words.stopped} />}
      <ImportOutcome items={items} wouldBe={phase === 'looked'} />
      {phase === 'looked' && count === 0 && <Notice tone="accent" title={words.nothing} />}
      <div className="flex flex-wrap gap-2">
        {phase === 'looked' && count > 0 && (
          <Button variant="primary" onClick={job.store}>
            {words.import(count)}
          </Button>
        )}
        {phase === 'stopped' && (
          <Button variant="primary" onClick={job.store}>
            {words.goOn}
          </Button>
        )}
        {phase === 'done' && count > 0 && (
          <Button variant="primary" asChild>
            <Link to="/articles" search={{ show: 'draft' }}>
              {words.toDrafts}
            </Link>
          </Button>
        )}
        <Button onClick={job.again}>{words.otherFiles}</Button>
      </div>
    </Card>
  );
}

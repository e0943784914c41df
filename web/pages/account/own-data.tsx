import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, Upload } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { AccountImport } from '@/api/client/types.gen.ts';
import { ApiProblem } from '@/api/problem.ts';
import { uploadArchive } from '@/api/upload-archive.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { SettingsCard } from '@/components/sections.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Progress } from '@/components/ui/progress.tsx';
import { formatBytes } from '@/format/bytes.ts';
import { locale } from '@/language.ts';
import { accountWords } from '@/strings-account.ts';

const words = accountWords.data;
const kinds = Object.keys(words.kinds) as (keyof typeof words.kinds)[];

/** Everything of the account to take along, and such an archive of another instance taken in. */
export function OwnData() {
  return (
    <SettingsCard title={words.title} intro={words.intro}>
      <div className="grid grid-cols-1 gap-6">
        <div>
          <Button asChild>
            <a href="/api/v1/me/export" download>
              <Download aria-hidden="true" />
              {words.download}
            </a>
          </Button>
        </div>
        <MoveIn />
      </div>
    </SettingsCard>
  );
}

function MoveIn() {
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState<number | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [result, setResult] = useState<AccountImport | null>(null);
  const stopping = useRef<AbortController | null>(null);
  const queries = useQueryClient();
  const busy = share !== null;
  // The browser asks before the page is left while it is under way.
  useEffect(() => {
    if (!busy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [busy]);

  async function take(chosen: File) {
    const controller = new AbortController();
    stopping.current = controller;
    setProblem(null);
    setShare(0);
    try {
      setResult(await uploadArchive(chosen, setShare, controller.signal));
      setFile(null);
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setShare(null);
      await queries.invalidateQueries();
    }
  }

  return (
    <div className="grid grid-cols-1 gap-4">
      <div>
        <h3 className="font-semibold">{words.moveIn}</h3>
        <p className="text-sm text-muted-foreground">{words.moveInHint}</p>
      </div>
      {file && (
        <p dir="auto" className="font-medium [overflow-wrap:anywhere]">
          {words.file(file.name, formatBytes(file.size))}
        </p>
      )}
      {file && !busy && (
        <Notice tone="accent" title={words.before}>
          {words.beforeText}
        </Notice>
      )}
      {problem && <ProblemNotice problem={problem} />}
      {busy && <Working share={share} onStop={() => stopping.current?.abort()} />}
      {result && !file && <Outcome result={result} />}
      {!busy && (
        <div className="flex flex-wrap gap-2">
          {file && (
            <Button variant="primary" onClick={() => void take(file)}>
              {words.start}
            </Button>
          )}
          {result && kinds.some((kind) => result.counts[kind].taken > 0) && (
            <Button variant="primary" asChild>
              <Link to="/articles">{words.toArticles}</Link>
            </Button>
          )}
          <Button onClick={() => input.current?.click()}>
            <Upload aria-hidden="true" />
            {file || result ? words.other : words.choose}
          </Button>
        </div>
      )}
      <input
        ref={input}
        type="file"
        hidden
        accept=".zip,application/zip"
        aria-label={words.choose}
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          event.target.value = '';
          if (!chosen) return;
          setFile(chosen);
          setProblem(null);
          setResult(null);
        }}
      />
    </div>
  );
}

function Working({ share, onStop }: { share: number; onStop: () => void }) {
  const uploaded = share >= 1;
  const said = uploaded ? words.taking : words.uploading;
  return (
    <div className="grid gap-3">
      <p role="status">{said}</p>
      <Progress value={share} label={said} />
      {!uploaded && (
        <div>
          <Button onClick={onStop}>{words.stop}</Button>
        </div>
      )}
    </div>
  );
}

function Outcome({ result }: { result: AccountImport }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const shown = kinds.filter((kind) => Object.values(result.counts[kind]).some((count) => count > 0));
  const taken = kinds.some((kind) => result.counts[kind].taken > 0);
  const left = kinds.some((kind) => result.counts[kind].left > 0);
  const cell = 'py-1 pe-4 text-end tabular-nums';
  return (
    <div className="grid grid-cols-1 gap-4">
      <h3 ref={heading} tabIndex={-1} className="text-lg font-semibold focus:outline-none">
        {taken ? words.done : words.doneNothing}
      </h3>
      <table className="justify-self-start text-sm">
        <thead>
          <tr className="text-muted-foreground">
            <th scope="col" className="py-1 pe-4 text-start font-normal">
              {words.kind}
            </th>
            {(['taken', 'here', ...(left ? (['left'] as const) : [])] as const).map((column) => (
              <th key={column} scope="col" className="py-1 pe-4 text-end font-normal">
                {words[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((kind) => (
            <tr key={kind}>
              <th scope="row" className="py-1 pe-4 text-start font-medium">
                {words.kinds[kind]}
              </th>
              <td className={cell}>{result.counts[kind].taken.toLocaleString(locale)}</td>
              <td className={cell}>{result.counts[kind].here.toLocaleString(locale)}</td>
              {left && <td className={cell}>{result.counts[kind].left.toLocaleString(locale)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {left && <p className="text-sm text-muted-foreground">{words.leftHint}</p>}
      {result.unproven > 0 && <Notice tone="warning" title={words.unproven(result.unproven)} />}
      {result.stopped > 0 && <Notice tone="accent" title={words.stopped(result.stopped)} />}
      {result.sites.length > 0 && (
        <Notice tone="warning" title={words.sites}>
          <p>{words.sitesHint}</p>
          <ul className="my-2 list-disc ps-5">
            {result.sites.map(({ id, name }) => (
              <li key={id} dir="auto">
                {name}
              </li>
            ))}
          </ul>
          <Link to="/sites" className="font-medium underline">
            {words.toSites}
          </Link>
        </Notice>
      )}
    </div>
  );
}

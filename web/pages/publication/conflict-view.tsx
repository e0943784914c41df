import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getPublicationConflictOptions, resolvePublicationMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Publication, PublicationConflict } from '@/api/client/types.gen.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { publicationWords } from '@/strings-publication.ts';
import { LoadProblem } from '../error-pages.tsx';
import { MergeEditor } from './merge-editor.tsx';
import { usePublicationRefresh } from './use-cancel.ts';
import { Added, Removed, TextDiff, WordDiff } from './word-diff.tsx';

const words = publicationWords.conflict;

/** What a person changed on the site against what was changed here, and the choice between them. */
export function ConflictView({ publication }: { publication: Publication }) {
  const conflict = useQuery(getPublicationConflictOptions({ path: { id: publication.id } }));
  if (conflict.error) return <LoadProblem problem={conflict.error} onRetry={conflict.refetch} />;
  if (!conflict.data) return <SkeletonRows rows={5} />;
  return <Decision conflict={conflict.data} />;
}

function Decision({ conflict }: { conflict: PublicationConflict }) {
  const { kind, task, late, choices, articleRevision, theirsModified, fields, text } = conflict;
  const [merging, setMerging] = useState(false);
  const refresh = usePublicationRefresh();
  const resolve = useMutation({ ...resolvePublicationMutation(), onSettled: refresh });
  const path = { id: conflict.publicationId };
  const shown = { articleRevision, theirsModified };
  const choose = (choice: PublicationConflict['choices'][number]) => {
    if (!resolve.isPending) resolve.mutate({ path, body: { choice, ...shown } });
  };
  const why = kind !== 'edited' ? words[kind] : late ? words.late : task === 'trash' ? words.trashEdited : words.edited;
  const problem = resolve.error && (
    <ProblemNotice problem={resolve.error} hint={resolve.error.status === 409 ? words.stale : resolve.error.hint} />
  );
  if (merging && text) {
    return (
      <>
        {problem}
        <MergeEditor
          conflict={conflict}
          busy={resolve.isPending}
          onBack={() => setMerging(false)}
          onSend={(merged) => resolve.mutate({ path, body: { choice: 'merge', ...shown, ...merged } })}
        />
      </>
    );
  }
  return (
    <section aria-labelledby="conflict-heading" className="grid grid-cols-1 gap-5">
      <Notice tone="warning" title={why} />
      <h2 id="conflict-heading" className="sr-only">
        {words.heading}
      </h2>
      {fields.length > 0 && (
        <Card className="grid grid-cols-1 gap-4 p-4 sm:p-5">
          <h3 className="font-semibold">{words.fields}</h3>
          {fields.map((field) => (
            <Field key={field.name} field={field} />
          ))}
        </Card>
      )}
      {text && <Texts text={text} />}
      {problem}
      <fieldset className="grid grid-cols-1 gap-3" disabled={resolve.isPending}>
        <legend className="mb-2 font-semibold">{words.choose}</legend>
        {choices.includes('theirs') && (
          <Choose label={words.keepTheirs} hint={words.keepTheirsHint} onClick={() => choose('theirs')} />
        )}
        {choices.includes('ours') && (
          <Choose label={words.takeOurs} hint={words.takeOursHint} onClick={() => choose('ours')} />
        )}
        {choices.includes('merge') && text && (
          <Choose label={words.merge} hint={words.mergeHint} onClick={() => setMerging(true)} />
        )}
        {choices.includes('leave') && <Choose label={words.leave[kind]} onClick={() => choose('leave')} />}
        {choices.includes('again') && <Choose label={words.again[kind]} onClick={() => choose('again')} />}
      </fieldset>
    </section>
  );
}

function Choose({ label, hint, onClick }: { label: string; hint?: string; onClick: () => void }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <Button onClick={onClick}>{label}</Button>
      {hint && <span className="text-sm text-muted-foreground">{hint}</span>}
    </div>
  );
}

function Field({ field }: { field: PublicationConflict['fields'][number] }) {
  const { name, names, base, ours, theirs } = field;
  const label = words.names[name] ?? name;
  return (
    <dl className="grid grid-cols-1 gap-x-5 gap-y-1 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="font-medium sm:col-span-2">{!names && isNumbered(name) ? words.numbered(label) : label}</dt>
      <dt className="text-sm text-muted-foreground">{words.before}</dt>
      <dd dir="auto">
        {names ? (
          <Names before={names.base} after={names.base} />
        ) : base === null ? (
          words.notKnown
        ) : (
          base || words.nothing
        )}
      </dd>
      <dt className="text-sm text-muted-foreground">{words.ours}</dt>
      <dd>{names ? <Names before={names.base} after={names.ours} /> : <Value base={base} value={ours} />}</dd>
      <dt className="text-sm text-muted-foreground">{words.theirs}</dt>
      <dd>
        {names ? (
          <Names before={names.base} after={names.theirs} />
        ) : theirs === null ? (
          words.notShown
        ) : (
          <Value base={base} value={theirs} />
        )}
      </dd>
    </dl>
  );
}

const isNumbered = (name: string) => ['categories', 'tags', 'author', 'featuredMedia'].includes(name);

function Value({ base, value }: { base: string | null; value: string | null }) {
  if (value === null || value === '') return words.nothing;
  return base === null ? value : <WordDiff before={base} after={value} />;
}

/** Names as the site has them: what is new underlined, what is gone struck through, each name as a whole. */
function Names({ before, after }: { before: string[] | null; after: string[] | null }) {
  if (after === null) return words.notKnown;
  const gone = (before ?? []).filter((name) => !after.includes(name));
  if (after.length + gone.length === 0) return words.nothing;
  return (
    <ul className="flex flex-wrap gap-x-2 gap-y-1">
      {after.map((name) => (
        <li key={name} className="break-words">
          <bdi>{before === null || before.includes(name) ? name : <Added>{name}</Added>}</bdi>
        </li>
      ))}
      {gone.map((name) => (
        <li key={name} className="break-words">
          <bdi>
            <Removed>{name}</Removed>
          </bdi>
        </li>
      ))}
    </ul>
  );
}

function Texts({ text }: { text: NonNullable<PublicationConflict['text']> }) {
  const { base, ours, theirs, lost } = text;
  return (
    <Card className="grid grid-cols-1 gap-4 p-4 sm:p-5">
      <h3 className="font-semibold">{words.text}</h3>
      {ours.trim() === theirs.trim() ? (
        <p>{words.sameText}</p>
      ) : (
        <>
          <p className="text-sm text-muted-foreground">{words.textHint}</p>
          <div className="grid grid-cols-1 gap-6 lg:grid-cols-2">
            <section className="min-w-0">
              <h4 className="mb-2 text-sm font-semibold">{base === null ? words.againstOther : words.changedThere}</h4>
              <TextDiff before={base ?? ours} after={theirs} />
            </section>
            {base !== null && (
              <section className="min-w-0">
                <h4 className="mb-2 text-sm font-semibold">{words.changedHere}</h4>
                <TextDiff before={base} after={ours} />
              </section>
            )}
          </div>
        </>
      )}
      {lost.length > 0 && (
        <p className="text-warning">
          {words.lost} {lost.join(', ')}
        </p>
      )}
    </Card>
  );
}

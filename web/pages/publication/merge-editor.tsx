import { type FormEvent, useEffect, useState } from 'react';
import type { PublicationConflict } from '@/api/client/types.gen.ts';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { dropForm, keepForm, keptForm } from '@/session/kept-forms.ts';
import { publicationWords } from '@/strings-publication.ts';
import { WordDiff } from './word-diff.tsx';

const words = publicationWords.merge;

interface MergeEditorProps {
  conflict: PublicationConflict;
  busy: boolean;
  onBack: () => void;
  onSend: (merged: { title: string; excerpt: string; markdown: string }) => void;
}

/** Both texts merged, part by part. Where both sides changed the same place, it says so and waits for a decision. */
export function MergeEditor({ conflict, busy, onBack, onSend }: MergeEditorProps) {
  const hunks = conflict.text?.hunks ?? [];
  const name = `merge-${conflict.publicationId}-${conflict.articleRevision}-${conflict.theirsModified}`;
  const [values, setValues] = useState<Record<string, string>>(() => keptForm(name) ?? firstValues(conflict));
  // What was written survives the way back to the comparison and a session that ends.
  useEffect(() => keepForm(name, values), [name, values]);
  const set = (field: string, value: string) => setValues((before) => ({ ...before, [field]: value }));
  const settle = (index: number, value: string) =>
    setValues((before) => ({ ...before, [`part-${index}`]: value, [`settled-${index}`]: 'yes' }));
  const places = hunks.flatMap((hunk, index) => (hunk.kind === 'open' ? [index] : []));
  const left = places.filter((index) => !values[`settled-${index}`]).length;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (left > 0 || busy) return;
    const parts = hunks.map((_, index) => values[`part-${index}`] ?? '').filter((part) => part.trim() !== '');
    dropForm(name);
    onSend({ title: values.title ?? '', excerpt: values.excerpt ?? '', markdown: `${parts.join('\n\n')}\n` });
  };
  return (
    <form onSubmit={submit} aria-labelledby="merge-heading" className="grid grid-cols-1 gap-5">
      <h2 id="merge-heading" className="text-lg font-semibold">
        {words.heading}
      </h2>
      <Field label={words.title}>
        {(control) => (
          <Input
            {...control}
            required
            value={values.title ?? ''}
            onChange={(event) => set('title', event.target.value)}
          />
        )}
      </Field>
      <Field label={words.excerpt}>
        {(control) => (
          <Textarea
            {...control}
            value={values.excerpt ?? ''}
            onChange={(event) => set('excerpt', event.target.value)}
          />
        )}
      </Field>
      {hunks.map((hunk, index) => {
        const key = `part-${index}`;
        if (hunk.kind === 'agreed') {
          return (
            <Field key={key} label={words.agreed(index + 1)}>
              {(control) => (
                <Textarea {...control} value={values[key] ?? ''} onChange={(event) => set(key, event.target.value)} />
              )}
            </Field>
          );
        }
        return (
          <Card key={key} className="grid grid-cols-1 gap-3 border-warning p-4">
            <p className="font-semibold text-warning">{words.open(places.indexOf(index) + 1, places.length)}</p>
            <p className="text-sm text-muted-foreground">{words.openHint}</p>
            <p>
              <WordDiff before={hunk.ours} after={hunk.theirs} />
            </p>
            <div className="flex flex-wrap gap-2">
              <Button size="small" onClick={() => settle(index, hunk.ours)}>
                {words.takeOurs}
              </Button>
              <Button size="small" onClick={() => settle(index, hunk.theirs)}>
                {words.takeTheirs}
              </Button>
              <Button size="small" onClick={() => settle(index, `${hunk.ours}\n\n${hunk.theirs}`)}>
                {words.takeBoth}
              </Button>
            </div>
            <Field label={words.yourText}>
              {(control) => (
                <Textarea
                  {...control}
                  value={values[key] ?? ''}
                  onChange={(event) => settle(index, event.target.value)}
                />
              )}
            </Field>
          </Card>
        );
      })}
      <p aria-live="polite">{left > 0 ? words.left(left) : words.none}</p>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" aria-disabled={left > 0 || busy}>
          {words.send}
        </Button>
        <Button onClick={onBack}>{words.back}</Button>
      </div>
    </form>
  );
}

/** The merge as it can be made without asking: open places hold what is on the site until they are settled. */
function firstValues({ article, fields, text }: PublicationConflict): Record<string, string> {
  const merged = (name: 'title' | 'excerpt') => {
    const field = fields.find((one) => one.name === name);
    return field && field.ours === field.base ? (field.theirs ?? '') : article[name];
  };
  const values: Record<string, string> = { title: merged('title'), excerpt: merged('excerpt') };
  for (const [index, hunk] of (text?.hunks ?? []).entries()) {
    values[`part-${index}`] = hunk.kind === 'agreed' ? hunk.text : hunk.theirs;
  }
  return values;
}

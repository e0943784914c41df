import { diffArrays, diffWordsWithSpace } from 'diff';
import { publicationWords } from '@/strings-publication.ts';

/** What is new. */
export const Added = ({ children }: { children: string }) => (
  <ins className="rounded-sm bg-success-soft px-0.5 text-success underline">{children}</ins>
);

/** What is gone. */
export const Removed = ({ children }: { children: string }) => (
  <del className="rounded-sm bg-danger-soft px-0.5 text-danger line-through">{children}</del>
);

/** The words of `after` with what is new underlined, and what is gone from `before` struck through. */
export function WordDiff({ before, after }: { before: string; after: string }) {
  let at = 0;
  return (
    <span className="whitespace-pre-wrap break-words" dir="auto">
      {diffWordsWithSpace(before, after).map(({ value, added, removed }) => {
        const key = at;
        at += value.length + 1;
        if (added) return <Added key={key}>{value}</Added>;
        if (removed) return <Removed key={key}>{value}</Removed>;
        return <span key={key}>{value}</span>;
      })}
    </span>
  );
}

/** Two Markdown texts, paragraph by paragraph; those that are the same are only counted. */
export function TextDiff({ before, after }: { before: string; after: string }) {
  const split = (text: string) => text.trim().split(/\n{2,}/);
  const parts = diffArrays(split(before), split(after));
  const rows: { key: number; before: string; after: string; same: number }[] = [];
  for (let index = 0; index < parts.length; index += 1) {
    const [part, next] = [parts[index], parts[index + 1]];
    if (!part) continue;
    if (!part.added && !part.removed) {
      rows.push({ key: index, before: '', after: '', same: part.value.length });
    } else if (part.removed && next?.added) {
      rows.push({ key: index, before: part.value.join('\n\n'), after: next.value.join('\n\n'), same: 0 });
      index += 1;
    } else {
      const value = part.value.join('\n\n');
      rows.push({ key: index, before: part.removed ? value : '', after: part.added ? value : '', same: 0 });
    }
  }
  if (rows.every(({ same }) => same > 0))
    return <p className="text-muted-foreground">{publicationWords.conflict.noChange}</p>;
  return (
    <div className="grid grid-cols-1 gap-3">
      {rows.map(({ key, before: old, after: fresh, same }) =>
        same > 0 ? (
          <p key={key} className="text-sm text-muted-foreground">
            {publicationWords.conflict.unchanged(same)}
          </p>
        ) : (
          <p key={key}>
            <WordDiff before={old} after={fresh} />
          </p>
        ),
      )}
    </div>
  );
}

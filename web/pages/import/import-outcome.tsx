import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ImportedArticle } from '@/api/client/types.gen.ts';
import { ServerText } from '@/components/server-text.tsx';
import { Button } from '@/components/ui/button.tsx';
import { articleImportWords as words } from '@/strings-article-import.ts';

/** So many of a part say enough until one asks for all. */
const few = 8;

/** What became of each document, or would: `wouldBe`. What needs looking at comes first. */
export function ImportOutcome({ items, wouldBe }: { items: ImportedArticle[]; wouldBe: boolean }) {
  const of = (outcome: ImportedArticle['outcome']) => items.filter((item) => item.outcome === outcome);
  const created = of('created');
  const refused = of('refused');
  const [known, binned, differs] = [of('known'), of('binned'), of('differs')];
  return (
    <div className="grid grid-cols-1 gap-5">
      <Part
        title={words.refused(refused.length)}
        hint={items.length > refused.length ? words.refusedHint : undefined}
        items={refused}
      />
      <Part title={words.differs(differs.length)} hint={words.differsHint} items={differs} />
      <Part title={wouldBe ? words.wouldCreate(created.length) : words.created(created.length)} items={created} />
      <Part title={words.binned(binned.length)} hint={words.binnedHint} items={binned} />
      <Part title={words.known(known.length)} hint={words.knownHint} items={known} />
    </div>
  );
}

function Part({ title, hint, items }: { title: string; hint?: string | undefined; items: ImportedArticle[] }) {
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
        {items.slice(0, all ? undefined : few).map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a list that only grows at its end, in which names may be equal
          <li key={index} className="grid min-w-0 gap-0.5 px-3.5 py-2.5 [overflow-wrap:anywhere]">
            <Row item={item} />
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

function Row({ item: { name, title, articleId, outcome, warnings, error } }: { item: ImportedArticle }) {
  return (
    <>
      {title &&
        (articleId && outcome !== 'binned' ? (
          <Link to="/articles/$articleId" params={{ articleId }} dir="auto" className="font-medium underline">
            {title}
          </Link>
        ) : (
          <span dir="auto" className="font-medium">
            {title}
          </span>
        ))}
      <span dir="auto" className="text-muted-foreground">
        {name}
      </span>
      {error && (
        <p className="text-danger">
          <ServerText>{error.message}</ServerText>
        </p>
      )}
      {error && (
        <p className="text-muted-foreground">
          <ServerText>{error.hint}</ServerText>
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning}>
          <ServerText>{warning}</ServerText>
        </p>
      ))}
    </>
  );
}

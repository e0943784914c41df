import { Link } from '@tanstack/react-router';
import type { ImportedArticle } from '@/api/client/types.gen.ts';
import { FoldingList } from '@/components/folding-list.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { articleImportWords as words } from '@/strings-article-import.ts';

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

function Part(props: { title: string; hint?: string | undefined; items: ImportedArticle[] }) {
  return (
    <FoldingList {...props} words={words} row="grid min-w-0 gap-0.5 px-3.5 py-2.5 [overflow-wrap:anywhere]">
      {(item) => <Row item={item} />}
    </FoldingList>
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

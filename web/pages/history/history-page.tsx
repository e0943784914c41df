import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft, Undo2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import {
  getArticleOptions,
  getArticleQueryKey,
  listArticleRevisionsOptions,
  listArticleRevisionsQueryKey,
  listImagesQueryKey,
  restoreArticleRevisionMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article, ListArticleRevisionsResponse } from '@/api/client/types.gen.ts';
import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { historyWords } from '@/strings-images.ts';
import { LoadProblem, Missing } from '../error-pages.tsx';
import { TextDiff, WordDiff } from '../publication/word-diff.tsx';

const words = historyWords;
type Revision = ListArticleRevisionsResponse['items'][number];

/** The revisions of an article: what each was, against the present one, and the way back to it. */
export function HistoryPage() {
  const { articleId } = useParams({ from: '/signed-in/articles/$articleId/history' });
  const article = useQuery(getArticleOptions({ path: { id: articleId } }));
  const revisions = useQuery(listArticleRevisionsOptions({ path: { id: articleId } }));
  const problem = article.error ?? revisions.error;
  if (problem?.status === 404 || problem?.status === 422) return <Missing what={t.article.gone} />;
  return (
    <Page
      title={article.data ? words.titleOf(article.data.title) : words.title}
      heading={article.data ? words.titleOf(article.data.title) : words.title}
      intro={words.intro}
      actions={
        <Button variant="ghost" asChild>
          <Link to="/articles/$articleId" params={{ articleId }}>
            <ArrowLeft aria-hidden="true" />
            {words.back}
          </Link>
        </Button>
      }
    >
      {problem ? (
        <LoadProblem problem={problem} onRetry={() => Promise.all([article.refetch(), revisions.refetch()])} />
      ) : article.data && revisions.data ? (
        <History article={article.data} revisions={revisions.data.items} />
      ) : (
        <SkeletonRows rows={6} />
      )}
    </Page>
  );
}

function History({ article, revisions }: { article: Article; revisions: Revision[] }) {
  const { revision: asked } = useSearch({ from: '/signed-in/articles/$articleId/history' });
  const navigate = useNavigate({ from: '/articles/$articleId/history' });
  const [warnings, setWarnings] = useState<string[]>([]);
  const queries = useQueryClient();
  const path = { id: article.id };
  const refresh = () =>
    Promise.all(
      [getArticleQueryKey({ path }), listArticleRevisionsQueryKey({ path }), listImagesQueryKey()].map((queryKey) =>
        queries.invalidateQueries({ queryKey }),
      ),
    );
  const restore = useMutation({ ...restoreArticleRevisionMutation(), onSettled: refresh });
  const goBack = (revision: number, current: number, undoes = false) =>
    restore.mutate(
      { path: { ...path, revision }, body: { revision: current } },
      {
        onSuccess: ({ article: changed, warnings: said }) => {
          setWarnings(said);
          void navigate({ search: {}, replace: true });
          const undo = { label: words.undo, run: () => goBack(current, changed.revision, true) };
          toast(words.restored(revision), undoes ? undefined : undo);
        },
      },
    );
  const present = revisions.find(({ revision }) => revision === article.revision);
  const chosen = revisions.find(({ revision }) => String(revision) === asked) ?? revisions[1] ?? revisions[0];
  if (!present || !chosen) return <SkeletonRows rows={6} />;
  return (
    <div className="grid grid-cols-1 items-start gap-6 md:grid-cols-[15rem_minmax(0,1fr)]">
      <nav aria-label={words.revisions}>
        <ul className="grid gap-0.5 max-md:max-h-56 max-md:overflow-y-auto">
          {revisions.map(({ revision, author, createdAt }) => (
            <li key={revision}>
              <Link
                to="/articles/$articleId/history"
                params={{ articleId: article.id }}
                search={{ revision: String(revision) }}
                replace
                resetScroll={false}
                aria-current={revision === chosen.revision ? 'true' : undefined}
                className="grid gap-0.5 rounded-lg px-3 py-2 text-sm transition-colors hover:bg-muted focus-visible:-outline-offset-2 aria-[current=true]:bg-muted"
              >
                <span className="font-medium">
                  {words.revision(revision)}
                  {revision === article.revision && ` (${words.present})`}
                </span>
                <span className="text-muted-foreground">
                  {words.by[author]}, <RelativeTime at={createdAt} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="grid grid-cols-1 gap-4">
        {warnings.length > 0 && (
          <Notice tone="warning" alert title={warnings[0] ?? ''}>
            {warnings.slice(1).map((warning) => (
              <p key={warning}>{warning}</p>
            ))}
          </Notice>
        )}
        {restore.error && (
          <ProblemNotice
            problem={restore.error}
            hint={restore.error.code === 'stale_revision' ? words.stale : restore.error.hint}
          />
        )}
        {chosen.revision === present.revision ? (
          <p className="text-muted-foreground">{revisions.length === 1 ? words.only : words.isPresent}</p>
        ) : (
          <>
            <Comparison then={chosen} now={present} />
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
              <Button
                variant="primary"
                disabled={restore.isPending}
                onClick={() => goBack(chosen.revision, article.revision)}
              >
                <Undo2 aria-hidden="true" />
                {words.restore}
              </Button>
              <span className="text-sm text-muted-foreground">{words.restoreHint}</span>
            </div>
          </>
        )}
      </div>
    </div>
  );
}

const fieldNames = ['slug', 'excerpt', 'metaTitle', 'metaDescription', 'keyword'] as const;

/** What differs between a revision and the present one, field by field. */
function Comparison({ then, now }: { then: Revision; now: Revision }) {
  const texts = [
    { name: 'title' as const, before: then.title, after: now.title },
    ...fieldNames.map((name) => ({ name, before: then.fields[name], after: now.fields[name] })),
  ].filter(({ before, after }) => before !== after);
  const otherImage = then.fields.featuredImageId !== now.fields.featuredImageId;
  const otherText = then.markdown !== now.markdown;
  return (
    <Card className="grid grid-cols-1 gap-5 p-4 sm:p-5">
      <h2 className="font-semibold">{words.compared(then.revision)}</h2>
      {texts.length === 0 && !otherImage && !otherText && <p className="text-muted-foreground">{words.same}</p>}
      {texts.map(({ name, before, after }) => (
        <Part key={name} title={words.fields[name]}>
          <p>
            <WordDiff before={before} after={after} />
          </p>
        </Part>
      ))}
      {otherImage && (
        <Part title={words.fields.featuredImage}>
          <div className="grid grid-cols-2 gap-4">
            <Picture label={words.before} revision={then} />
            <Picture label={words.now} revision={now} />
          </div>
        </Part>
      )}
      {otherText && (
        <Part title={words.fields.markdown}>
          <TextDiff before={then.markdown} after={now.markdown} />
        </Part>
      )}
    </Card>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="grid grid-cols-1 gap-1.5">
      <h3 className="text-sm font-semibold text-muted-foreground">{title}</h3>
      {children}
    </section>
  );
}

function Picture({ label, revision: { featuredImage, fields } }: { label: string; revision: Revision }) {
  const why =
    fields.featuredImageId === undefined
      ? words.imageUnknown
      : fields.featuredImageId === null
        ? words.noImage
        : words.imageDeleted;
  return (
    <figure className="grid min-w-0 content-start gap-1.5">
      <figcaption className="text-sm text-muted-foreground">{label}</figcaption>
      {featuredImage ? (
        <img
          src={`${featuredImage.url}?width=320`}
          alt={featuredImage.alt}
          width={featuredImage.width}
          height={featuredImage.height}
          className="h-auto max-h-52 w-full rounded-lg border border-border bg-muted object-contain"
        />
      ) : (
        <p>{why}</p>
      )}
    </figure>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ArrowLeft, ArrowUpRight } from 'lucide-react';
import {
  getArticleOptions,
  listPublicationsOptions,
  listSitesOptions,
  previewArticleOptions,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article, ArticlePreview, Site } from '@/api/client/types.gen.ts';
import { Folding } from '@/components/folding.tsx';
import { useMediaQuery } from '@/components/media-query.ts';
import { Notice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ServerText } from '@/components/server-text.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/input.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { previewWords as words } from '@/strings-preview.ts';
import { LoadProblem, Missing } from '../error-pages.tsx';
import { PreviewFrame, type PreviewWidth } from './preview-frame.tsx';

/** The article as a site will show it, at the width of a desk or of a phone. */
export function PreviewPage() {
  const { articleId } = useParams({ from: '/signed-in/articles/$articleId/preview' });
  const article = useQuery(getArticleOptions({ path: { id: articleId } }));
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const publications = useQuery(listPublicationsOptions({ query: { articleId, limit: 100 } }));
  const error = article.error ?? sites.error ?? publications.error;
  if (article.error?.status === 404 || article.error?.status === 422) return <Missing what={t.article.gone} />;
  if (error) {
    return (
      <Page title={words.title} heading={words.title}>
        <LoadProblem
          problem={error}
          onRetry={() => Promise.all([article.refetch(), sites.refetch(), publications.refetch()])}
        />
      </Page>
    );
  }
  if (!article.data || !sites.data || !publications.data) {
    return (
      <Page title={words.title} heading={words.title} className="max-w-7xl">
        <Waiting />
      </Page>
    );
  }
  const { items } = sites.data;
  const usual = publications.data.items[0]?.siteId;
  return <Preview article={article.data} sites={items} usual={items.find(({ id }) => id === usual) ?? items[0]} />;
}

function Preview({ article, sites, usual }: { article: Article; sites: Site[]; usual: Site | undefined }) {
  const search = useSearch({ from: '/signed-in/articles/$articleId/preview' });
  const navigate = useNavigate({ from: '/articles/$articleId/preview' });
  const small = useMediaQuery('(max-width: 40rem)');
  const site = search.site === 'none' ? undefined : (sites.find(({ id }) => id === search.site) ?? usual);
  const width: PreviewWidth =
    search.width === 'phone' || search.width === 'desktop' ? search.width : small ? 'phone' : 'desktop';
  const change = (part: { site?: string; width?: string }) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false });
  const shown = useQuery({
    ...previewArticleOptions({ path: { id: article.id }, query: site ? { siteId: site.id } : {} }),
    // The text may have been saved in another tab since.
    staleTime: 0,
  });
  return (
    <Page
      title={words.of(article.title)}
      heading={words.title}
      intro={<span dir="auto">{article.title}</span>}
      className="max-w-7xl"
      actions={
        <Button asChild>
          <Link to="/articles/$articleId" params={{ articleId: article.id }}>
            <ArrowLeft aria-hidden="true" />
            {words.back}
          </Link>
        </Button>
      }
    >
      <div className="mb-5 flex flex-wrap items-end gap-x-6 gap-y-4">
        <Field label={words.site} className="w-full sm:w-64">
          {(control) => (
            <Select {...control} value={site?.id ?? 'none'} onChange={(event) => change({ site: event.target.value })}>
              {sites.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
              <option value="none">{words.noSite}</option>
            </Select>
          )}
        </Field>
        <Choice
          legend={words.width}
          value={width}
          onChange={(chosen) => change({ width: chosen })}
          options={(['desktop', 'phone'] as const).map((name) => ({ value: name, label: words.widths[name] }))}
        />
      </div>
      {shown.data ? (
        <>
          <About preview={shown.data} site={site} onAgain={() => void shown.refetch()} />
          <PreviewFrame
            html={shown.data.html}
            title={site ? words.frame(site.name) : words.frameNoSite}
            width={width}
          />
        </>
      ) : shown.error ? (
        <LoadProblem problem={shown.error} onRetry={shown.refetch} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

/** What the preview goes by, and what of it is not as it will be. */
function About({
  preview: { look, page, readAt, problem, differences },
  site,
  onAgain,
}: {
  preview: ArticlePreview;
  site: Site | undefined;
  onAgain: () => void;
}) {
  return (
    <div className="mb-4 grid gap-3 text-sm">
      {problem && (
        <Notice tone="warning" title={words.problem}>
          <p>
            <ServerText>{problem.message}</ServerText> <ServerText>{problem.hint}</ServerText>
          </p>
          <Button size="small" className="justify-self-start" onClick={onAgain}>
            {words.again}
          </Button>
        </Notice>
      )}
      <p className="text-muted-foreground">
        {look === 'plain' || !site ? words.looks.plain : words.looks[look](site.name)}{' '}
        {page && (
          <>
            <a
              href={page}
              target="_blank"
              rel="noopener noreferrer"
              className="break-all text-accent underline underline-offset-4"
            >
              {page}
              <ArrowUpRight aria-hidden="true" className="ml-0.5 inline size-3.5" />
            </a>
            {' · '}
          </>
        )}
        {readAt && (
          <>
            {words.readAt} <RelativeTime at={readAt} />
            {' · '}
          </>
        )}
        {words.saved}
      </p>
      {differences.length > 0 && (
        <Folding
          title={`${words.notExact} (${differences.length})`}
          titleClassName="px-3.5 py-2.5"
          className="rounded-lg border border-border"
        >
          <ul className="grid list-disc gap-1 px-3.5 pb-3.5 pl-8 text-muted-foreground">
            {differences.map((name) => (
              <li key={name}>{words.differences[name]}</li>
            ))}
          </ul>
        </Folding>
      )}
    </div>
  );
}

const Waiting = () => (
  <div role="status" aria-label={words.reading} className="grid gap-4">
    <Skeleton className="h-5 w-2/3" />
    <Skeleton className="h-[70dvh] w-full rounded-xl" />
  </div>
);

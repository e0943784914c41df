import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { ApiProblem } from '@/api/problem.ts';
import { ofOurs } from '@/api/server-text.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { openPalette } from '@/components/palette/palette-state.ts';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';

/** No page has this address. */
export function NotFoundPage() {
  return <Missing what={t.notFound.title} />;
}

/** Says what is not there, and where to go on. */
export function Missing({ what }: { what: string }) {
  return (
    <Page title={what} heading={what} intro={t.notFound.intro} className="max-w-2xl">
      <ul className="grid gap-2">
        <li>
          <Link to="/articles" className="text-accent underline underline-offset-4">
            {t.notFound.articles}
          </Link>
        </li>
        <li>
          <Link to="/runs" className="text-accent underline underline-offset-4">
            {t.notFound.runs}
          </Link>
        </li>
        <li>
          <Link to="/new" className="text-accent underline underline-offset-4">
            {t.notFound.newArticle}
          </Link>
        </li>
        <li>
          <Link to="/" className="text-accent underline underline-offset-4">
            {t.lost.overview}
          </Link>
        </li>
      </ul>
      <Button className="mt-6" onClick={() => openPalette()}>
        <Search aria-hidden="true" />
        {t.lost.search}
      </Button>
    </Page>
  );
}

/** A page could not be shown: because its data did not come, or because of a fault of the app. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  // What failed may have been read before the page was drawn at all.
  const again = () => {
    reset();
    void router.invalidate();
  };
  const problem =
    error instanceof ApiProblem
      ? error
      : {
          code: 'web_app_fault',
          detail: (error instanceof Error && error.message) || ofOurs(t.errorPage.fault),
          hint: ofOurs(t.errorPage.hint),
        };
  return (
    <Page title={t.errorPage.title} className="max-w-2xl">
      <LoadProblem problem={problem} onRetry={again} />
    </Page>
  );
}

/** In place of what could not be loaded, with a way to try again. */
export function LoadProblem({
  problem,
  onRetry,
}: {
  problem: { code: string; hint: string; detail: string };
  onRetry: () => void;
}) {
  return (
    <ProblemNotice problem={problem} title={t.errorPage.title}>
      <div className="mt-1 flex flex-wrap gap-2">
        <Button onClick={onRetry}>{t.common.tryAgain}</Button>
        <Button variant="ghost" onClick={() => window.location.reload()}>
          {t.common.reload}
        </Button>
      </div>
    </ProblemNotice>
  );
}

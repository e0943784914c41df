import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { AppShell } from '@/components/app-shell.tsx';
import { ErrorPage, NotFoundPage } from '@/pages/error-pages.tsx';
import { NewArticlePage } from '@/pages/new-article/new-article-page.tsx';

const root = createRootRoute({ component: AppShell, notFoundComponent: NotFoundPage });

const newArticle = createRoute({ getParentRoute: () => root, path: '/', component: NewArticlePage });

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: (search: Record<string, unknown>): { query?: string; status?: string } =>
    textOf(search, 'query', 'status'),
  component: lazyRouteComponent(() => import('@/pages/runs/runs-page.tsx'), 'RunsPage'),
});

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('@/pages/run/run-page.tsx'), 'RunPage'),
});

const articles = createRoute({
  getParentRoute: () => root,
  path: '/articles',
  validateSearch: (search: Record<string, unknown>): { query?: string } => textOf(search, 'query'),
  component: lazyRouteComponent(() => import('@/pages/articles/articles-page.tsx'), 'ArticlesPage'),
});

const article = createRoute({
  getParentRoute: () => root,
  path: '/articles/$articleId',
  validateSearch: (search: Record<string, unknown>): { tab?: string; claim?: string } => textOf(search, 'tab', 'claim'),
  component: lazyRouteComponent(() => import('@/pages/article/article-page.tsx'), 'ArticlePage'),
});

const sites = createRoute({
  getParentRoute: () => root,
  path: '/sites',
  component: lazyRouteComponent(() => import('@/pages/sites/sites-page.tsx'), 'SitesPage'),
});

/** Keeps the named parts of an address's query that are text, and drops everything else. */
function textOf<Name extends string>(search: Record<string, unknown>, ...names: Name[]): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') found[name] = value;
    // A query such as ?query=2026 arrives as a number.
    if (typeof value === 'number') found[name] = String(value);
  }
  return found;
}

/** Every page address. */
export const router = createRouter({
  routeTree: root.addChildren([newArticle, runs, run, articles, article, sites]),
  defaultPreload: 'intent',
  defaultErrorComponent: ErrorPage,
  defaultNotFoundComponent: NotFoundPage,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

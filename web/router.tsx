import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import {
  getArticleOptions,
  getOverviewOptions,
  listArticleClaimsOptions,
} from '@/api/client/@tanstack/react-query.gen.ts';
import { RootFrame } from '@/components/root-frame.tsx';
import { LandingPage, SignedInFrame } from '@/components/signed-in-frame.tsx';
import { ErrorPage, NotFoundPage } from '@/pages/error-pages.tsx';
import { enterDoor, knowSession, requireUser } from '@/session/guards.ts';
import { sessionOptions } from '@/session/session.ts';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: RootFrame,
  notFoundComponent: NotFoundPage,
});

/** Everything that takes an account; whoever has none is led to the doors and back. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async (arrival) => {
    if (!(await requireUser(arrival))) await LandingPage.preload?.();
  },
  component: SignedInFrame,
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { topic?: string } => textOf(search, 'topic'),
  beforeLoad: ({ search }) => {
    // Where the form was before; links to it are in mails and bookmarks.
    if (search.topic) throw redirect({ to: '/new', search: { topic: search.topic }, replace: true });
  },
  // While the page's own code is on its way, its answer is, too.
  loader: ({ context }) => {
    const session = context.queries.getQueryData(sessionOptions.queryKey);
    if (session?.user) void context.queries.prefetchQuery(getOverviewOptions());
  },
  component: lazyRouteComponent(() => import('@/pages/dashboard/dashboard-page.tsx'), 'DashboardPage'),
});

const newArticle = createRoute({
  getParentRoute: () => signedIn,
  path: '/new',
  validateSearch: (search: Record<string, unknown>): { topic?: string } => textOf(search, 'topic'),
  component: lazyRouteComponent(() => import('@/pages/new-article/new-article-page.tsx'), 'NewArticlePage'),
});

const topicPages = createRoute({
  getParentRoute: () => signedIn,
  path: '/topics',
  component: lazyRouteComponent(() => import('@/pages/topics/topics-layout.tsx'), 'TopicsLayout'),
});

const topics = createRoute({
  getParentRoute: () => topicPages,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { show?: string; site?: string; query?: string; edit?: string } =>
    textOf(search, 'show', 'site', 'query', 'edit'),
  component: lazyRouteComponent(() => import('@/pages/topics/topics-page.tsx'), 'TopicsPage'),
});

const importTopics = createRoute({
  getParentRoute: () => topicPages,
  path: '/import',
  component: lazyRouteComponent(() => import('@/pages/topics/import-page.tsx'), 'ImportPage'),
});

const watchedSources = createRoute({
  getParentRoute: () => topicPages,
  path: '/sources',
  component: lazyRouteComponent(() => import('@/pages/topics/sources-page.tsx'), 'SourcesPage'),
});

const sources = createRoute({
  getParentRoute: () => signedIn,
  path: '/sources',
  validateSearch: (search: Record<string, unknown>): { query?: string; show?: string; source?: string } =>
    textOf(search, 'query', 'show', 'source'),
  component: lazyRouteComponent(() => import('@/pages/sources/source-library-page.tsx'), 'SourceLibraryPage'),
});

const runs = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs',
  validateSearch: (search: Record<string, unknown>): { query?: string; status?: string } =>
    textOf(search, 'query', 'status'),
  component: lazyRouteComponent(() => import('@/pages/runs/runs-page.tsx'), 'RunsPage'),
});

const run = createRoute({
  getParentRoute: () => signedIn,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('@/pages/run/run-page.tsx'), 'RunPage'),
});

const articles = createRoute({
  getParentRoute: () => signedIn,
  path: '/articles',
  validateSearch: (search: Record<string, unknown>): { query?: string; show?: string; site?: string } =>
    textOf(search, 'query', 'show', 'site'),
  component: lazyRouteComponent(() => import('@/pages/articles/articles-page.tsx'), 'ArticlesPage'),
});

const importArticles = createRoute({
  getParentRoute: () => signedIn,
  path: '/articles/import',
  component: lazyRouteComponent(() => import('@/pages/import/import-page.tsx'), 'ImportArticlesPage'),
});

const article = createRoute({
  getParentRoute: () => signedIn,
  path: '/articles/$articleId',
  validateSearch: (search: Record<string, unknown>): { tab?: string; claim?: string; edit?: string } =>
    textOf(search, 'tab', 'claim', 'edit'),
  // Not for a pointer that passes a list on its way: each link would ask for a whole article.
  loader: ({ context, params, preload }) => {
    if (preload) return;
    const path = { id: params.articleId };
    void context.queries.prefetchQuery(getArticleOptions({ path }));
    void context.queries.prefetchQuery(listArticleClaimsOptions({ path }));
  },
  component: lazyRouteComponent(() => import('@/pages/article/article-page.tsx'), 'ArticlePage'),
});

const articleHistory = createRoute({
  getParentRoute: () => signedIn,
  path: '/articles/$articleId/history',
  validateSearch: (search: Record<string, unknown>): { revision?: string } => textOf(search, 'revision'),
  component: lazyRouteComponent(() => import('@/pages/history/history-page.tsx'), 'HistoryPage'),
});

const articlePreview = createRoute({
  getParentRoute: () => signedIn,
  path: '/articles/$articleId/preview',
  validateSearch: (search: Record<string, unknown>): { site?: string; width?: string } =>
    textOf(search, 'site', 'width'),
  component: lazyRouteComponent(() => import('@/pages/preview/preview-page.tsx'), 'PreviewPage'),
});

const images = createRoute({
  getParentRoute: () => signedIn,
  path: '/images',
  validateSearch: (search: Record<string, unknown>): { query?: string; show?: string; image?: string } =>
    textOf(search, 'query', 'show', 'image'),
  component: lazyRouteComponent(() => import('@/pages/images/images-page.tsx'), 'ImagesPage'),
});

const failures = createRoute({
  getParentRoute: () => signedIn,
  path: '/failures',
  validateSearch: (search: Record<string, unknown>): { show?: string } => textOf(search, 'show'),
  component: lazyRouteComponent(() => import('@/pages/failures/failures-page.tsx'), 'FailuresPage'),
});

const calendar = createRoute({
  getParentRoute: () => signedIn,
  path: '/calendar',
  validateSearch: (search: Record<string, unknown>): { month?: string; view?: string; site?: string } =>
    textOf(search, 'month', 'view', 'site'),
  component: lazyRouteComponent(() => import('@/pages/calendar/calendar-page.tsx'), 'CalendarPage'),
});

const queue = createRoute({
  getParentRoute: () => signedIn,
  path: '/queue',
  component: lazyRouteComponent(() => import('@/pages/queue/queue-page.tsx'), 'QueuePage'),
});

const publication = createRoute({
  getParentRoute: () => signedIn,
  path: '/publications/$publicationId',
  component: lazyRouteComponent(() => import('@/pages/publication/publication-page.tsx'), 'PublicationPage'),
});

const sites = createRoute({
  getParentRoute: () => signedIn,
  path: '/sites',
  validateSearch: (
    search: Record<string, unknown>,
  ): { connected?: string; renewed?: string; connectProblem?: string; connect?: string } =>
    textOf(search, 'connected', 'renewed', 'connectProblem', 'connect'),
  component: lazyRouteComponent(() => import('@/pages/sites/sites-page.tsx'), 'SitesPage'),
});

const sitePosts = createRoute({
  getParentRoute: () => signedIn,
  path: '/sites/$siteId/posts',
  validateSearch: (search: Record<string, unknown>): { query?: string; show?: string } =>
    textOf(search, 'query', 'show'),
  component: lazyRouteComponent(() => import('@/pages/sites/site-posts-page.tsx'), 'SitePostsPage'),
});

const autopilot = createRoute({
  getParentRoute: () => signedIn,
  path: '/sites/$siteId/autopilot',
  component: lazyRouteComponent(() => import('@/pages/autopilot/autopilot-page.tsx'), 'AutopilotPage'),
});

const schedules = createRoute({
  getParentRoute: () => signedIn,
  path: '/schedules',
  component: lazyRouteComponent(() => import('@/pages/schedules/schedules-page.tsx'), 'SchedulesPage'),
});

const usage = createRoute({
  getParentRoute: () => signedIn,
  path: '/usage',
  validateSearch: (search: Record<string, unknown>): { month?: string; by?: string } => textOf(search, 'month', 'by'),
  component: lazyRouteComponent(() => import('@/pages/usage/usage-page.tsx'), 'UsagePage'),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('@/pages/account/account-layout.tsx'), 'AccountLayout'),
});

const profile = createRoute({
  getParentRoute: () => account,
  path: '/',
  component: lazyRouteComponent(() => import('@/pages/account/profile-page.tsx'), 'ProfilePage'),
});

const security = createRoute({
  getParentRoute: () => account,
  path: '/security',
  component: lazyRouteComponent(() => import('@/pages/account/security-page.tsx'), 'SecurityPage'),
});

const sessions = createRoute({
  getParentRoute: () => account,
  path: '/sessions',
  component: lazyRouteComponent(() => import('@/pages/account/sessions-page.tsx'), 'SessionsPage'),
});

const writing = createRoute({
  getParentRoute: () => account,
  path: '/writing',
  component: lazyRouteComponent(() => import('@/pages/account/writing-page.tsx'), 'WritingPage'),
});

const notifications = createRoute({
  getParentRoute: () => account,
  path: '/notifications',
  component: lazyRouteComponent(() => import('@/pages/account/notifications-page.tsx'), 'NotificationsPage'),
});

const apiKeys = createRoute({
  getParentRoute: () => account,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('@/pages/account/api-keys-page.tsx'), 'ApiKeysPage'),
});

const ownKeys = createRoute({
  getParentRoute: () => account,
  path: '/own-keys',
  component: lazyRouteComponent(() => import('@/pages/account/own-keys-page.tsx'), 'OwnKeysPage'),
});

const webhooks = createRoute({
  getParentRoute: () => account,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('@/pages/account/webhooks-page.tsx'), 'WebhooksPage'),
});

const accessLog = createRoute({
  getParentRoute: () => account,
  path: '/log',
  component: lazyRouteComponent(() => import('@/pages/account/log-page.tsx'), 'LogPage'),
});

const admin = createRoute({
  getParentRoute: () => signedIn,
  path: '/admin',
  component: lazyRouteComponent(() => import('@/pages/admin/admin-layout.tsx'), 'AdminLayout'),
});

const adminHome = createRoute({
  getParentRoute: () => admin,
  path: '/',
  component: lazyRouteComponent(() => import('@/pages/admin/status-page.tsx'), 'StatusPage'),
});

const users = createRoute({
  getParentRoute: () => admin,
  path: '/users',
  validateSearch: (search: Record<string, unknown>): { query?: string; show?: string } =>
    textOf(search, 'query', 'show'),
  component: lazyRouteComponent(() => import('@/pages/admin/users-page.tsx'), 'UsersPage'),
});

const spending = createRoute({
  getParentRoute: () => admin,
  path: '/spending',
  validateSearch: (search: Record<string, unknown>): { month?: string } => textOf(search, 'month'),
  component: lazyRouteComponent(() => import('@/pages/admin/spending-page.tsx'), 'SpendingPage'),
});

const invitations = createRoute({
  getParentRoute: () => admin,
  path: '/invitations',
  component: lazyRouteComponent(() => import('@/pages/admin/invitations-page.tsx'), 'InvitationsPage'),
});

const emails = createRoute({
  getParentRoute: () => admin,
  path: '/emails',
  component: lazyRouteComponent(() => import('@/pages/admin/emails-page.tsx'), 'EmailsPage'),
});

const backups = createRoute({
  getParentRoute: () => admin,
  path: '/backups',
  component: lazyRouteComponent(() => import('@/pages/admin/backups-page.tsx'), 'BackupsPage'),
});

const prices = createRoute({
  getParentRoute: () => admin,
  path: '/prices',
  component: lazyRouteComponent(() => import('@/pages/admin/prices-page.tsx'), 'PricesPage'),
});

const adminLog = createRoute({
  getParentRoute: () => admin,
  path: '/log',
  validateSearch: (search: Record<string, unknown>): { action?: string; user?: string } =>
    textOf(search, 'action', 'user'),
  component: lazyRouteComponent(() => import('@/pages/admin/admin-log-page.tsx'), 'AdminLogPage'),
});

/** An address that is no page, for someone who is signed in; others are not told which addresses there are. */
const elsewhere = createRoute({ getParentRoute: () => signedIn, path: '/$', component: NotFoundPage });

const nextOf = (search: Record<string, unknown>): { next?: string } => textOf(search, 'next');

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: nextOf,
  beforeLoad: enterDoor,
  component: lazyRouteComponent(() => import('@/pages/door/login-page.tsx'), 'LoginPage'),
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: nextOf,
  beforeLoad: knowSession,
  component: lazyRouteComponent(() => import('@/pages/door/register-page.tsx'), 'RegisterPage'),
});

const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: '/forgot-password',
  beforeLoad: knowSession,
  component: lazyRouteComponent(() => import('@/pages/door/forgot-password-page.tsx'), 'ForgotPasswordPage'),
});

const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  beforeLoad: knowSession,
  component: lazyRouteComponent(() => import('@/pages/door/reset-password-page.tsx'), 'ResetPasswordPage'),
});

const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: '/verify-email',
  beforeLoad: knowSession,
  component: lazyRouteComponent(() => import('@/pages/door/verify-email-page.tsx'), 'VerifyEmailPage'),
});

const hold = createRoute({
  getParentRoute: () => root,
  path: '/hold',
  beforeLoad: knowSession,
  component: lazyRouteComponent(() => import('@/pages/hold/hold-page.tsx'), 'HoldPage'),
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
export const createAppRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: root.addChildren([
      signedIn.addChildren([
        overview,
        newArticle,
        topicPages.addChildren([topics, importTopics, watchedSources]),
        runs,
        run,
        articles,
        importArticles,
        article,
        articleHistory,
        articlePreview,
        sources,
        images,
        failures,
        calendar,
        queue,
        publication,
        sites,
        sitePosts,
        autopilot,
        schedules,
        usage,
        account.addChildren([
          profile,
          writing,
          notifications,
          security,
          sessions,
          apiKeys,
          ownKeys,
          webhooks,
          accessLog,
        ]),
        admin.addChildren([adminHome, users, spending, invitations, emails, backups, prices, adminLog]),
        elsewhere,
      ]),
      login,
      register,
      forgotPassword,
      resetPassword,
      verifyEmail,
      hold,
    ]),
    context: { queries },
    defaultPreload: 'intent',
    // The code of a page is on its way while the pointer comes to rest on its link.
    defaultPreloadDelay: 0,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

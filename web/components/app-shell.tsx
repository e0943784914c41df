import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { Ellipsis, Search } from 'lucide-react';
import { useEffect } from 'react';
import { t } from '@/strings.ts';
import { AttentionLink } from './attention-link.tsx';
import { cn } from './class-names.ts';
import { LazyMenu } from './lazy-menu.tsx';
import { loadAhead } from './load-ahead.ts';
import { commandKey, KeyCap } from './palette/key-cap.tsx';
import { Overlays } from './palette/overlays.tsx';
import { openPalette } from './palette/palette-state.ts';
import { farPlaces, type Place, places } from './palette/places.ts';
import { ThemeToggle } from './theme-toggle.tsx';
import { Button } from './ui/button.tsx';
import { UserMenu } from './user-menu.tsx';

const { overview, newArticle, topics, schedules, calendar, runs, articles, sources, images, queue, sites, usage } =
  places;

/** In the order of the work: what comes, what is written, where it goes. */
const groups: { title: string; places: Place[] }[] = [
  { title: t.shell.plan, places: [topics, schedules, calendar] },
  { title: t.shell.write, places: [runs, articles, sources, images] },
  { title: t.shell.publish, places: [queue, sites] },
];
/** On a phone there is room for a thumb on five: what is looked at daily, and the way to the rest. */
const near: Place[] = [
  { ...overview, label: t.shell.home },
  { ...newArticle, label: t.shell.newArticleShort },
  topics,
  articles,
];
const loadMore = () => import('./more-menu-items.tsx');

/** What stands around every page: the places to go, beside it on a desk, below it on a phone. */
export function AppShell() {
  const router = useRouter();
  const queries = useQueryClient();
  useEffect(() => loadAhead(router, queries), [router, queries]);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-lg bg-primary px-4 py-2 text-primary-foreground focus:translate-y-0"
      >
        {t.shell.skip}
      </a>
      <SideBar />
      <header className="sticky top-0 z-30 flex h-13 items-center justify-between border-b border-border bg-background/92 pr-1.5 pl-4 backdrop-blur lg:hidden">
        <Brand />
        <div className="flex items-center">
          <AttentionLink />
          <Button variant="ghost" size="icon" aria-label={t.shell.search} onClick={openPalette}>
            <Search aria-hidden="true" className="size-5!" />
          </Button>
          <ThemeToggle />
          <UserMenu />
        </div>
      </header>
      <main id="main" tabIndex={-1} className="min-w-0 pb-24 lg:pb-0">
        <Outlet />
      </main>
      <BottomBar />
      <Overlays />
    </div>
  );
}

function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2.5 rounded-md font-semibold tracking-tight">
      <img src="/icon.svg" alt="" className="size-6.5" />
      {t.shell.product}
    </Link>
  );
}

function SideBar() {
  return (
    <div className="sticky top-0 hidden h-dvh flex-col gap-5 border-r border-border bg-sidebar px-3.5 py-5 lg:flex">
      <div className="px-2">
        <Brand />
      </div>
      <button
        type="button"
        onClick={openPalette}
        aria-keyshortcuts="Control+K Meta+K"
        className="flex h-9 shrink-0 items-center gap-2.5 rounded-lg border border-border bg-card px-2.5 text-sm text-muted-foreground transition-colors hover:text-foreground"
      >
        <Search aria-hidden="true" className="size-4" />
        {t.shell.search}
        <span aria-hidden="true" className="ml-auto flex gap-1">
          <KeyCap>{`${commandKey} K`}</KeyCap>
        </span>
      </button>
      <nav aria-label={t.shell.navigation} className="grid gap-5 overflow-y-auto [@media(max-height:59rem)]:gap-3">
        <div className="grid gap-0.5">
          <PlaceLink place={overview} />
          <PlaceLink place={newArticle} />
        </div>
        {groups.map(({ title, places }) => (
          <div key={title}>
            <p aria-hidden="true" className="px-2.5 pb-1 text-xs text-muted-foreground">
              {title}
            </p>
            <ul aria-label={title} className="grid gap-0.5">
              {places.map((place) => (
                <li key={place.to}>
                  <PlaceLink place={place} />
                </li>
              ))}
            </ul>
          </div>
        ))}
        <div className="grid gap-0.5">
          <AttentionLink labelled />
          <PlaceLink place={usage} />
        </div>
      </nav>
      <div className="mt-auto grid gap-0.5">
        <a
          href="/docs"
          className="flex h-8 items-center rounded-lg px-2.5 text-sm text-muted-foreground hover:bg-muted hover:text-foreground"
        >
          {t.shell.apiDocs}
        </a>
        <ThemeToggle labelled />
        <div className="mt-2 grid grid-cols-1 border-t border-border pt-2.5">
          <UserMenu labelled />
        </div>
      </div>
    </div>
  );
}

function PlaceLink({ place: { to, label, icon: Icon } }: { place: Place }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      className="flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm font-medium [@media(max-height:59rem)]:h-8 text-muted-foreground transition-colors hover:bg-muted hover:text-foreground aria-[current=page]:bg-muted aria-[current=page]:text-foreground"
    >
      <Icon aria-hidden="true" className="size-4" />
      {label}
    </Link>
  );
}

const thumb =
  'flex h-14 flex-col items-center justify-center gap-1 text-xs font-medium text-muted-foreground focus-visible:-outline-offset-2 aria-[current=page]:text-foreground';

function BottomBar() {
  const path = useLocation({ select: (location) => location.pathname });
  const here = farPlaces.find(({ to }) => path === to || path.startsWith(`${to}/`));
  const Here = here?.icon ?? Ellipsis;
  return (
    <nav
      aria-label={t.shell.navigation}
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-5 border-t border-border bg-background/95 pb-[env(safe-area-inset-bottom)] backdrop-blur lg:hidden"
    >
      {near.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }} className={thumb}>
          <Icon aria-hidden="true" className="size-5" />
          {label}
        </Link>
      ))}
      <LazyMenu
        load={loadMore}
        trigger={{
          className: cn(thumb, here && 'text-foreground'),
          children: (
            <>
              <Here aria-hidden="true" className="size-5" />
              {here ? here.label : t.shell.more}
              {here && <span className="sr-only">: {t.shell.more}</span>}
            </>
          ),
        }}
      />
    </nav>
  );
}

import { Link, Outlet, useLocation } from '@tanstack/react-router';
import {
  CalendarClock,
  CalendarDays,
  ChartColumn,
  FileText,
  Globe,
  Images,
  Lightbulb,
  ListChecks,
  PenLine,
  Send,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import { t } from '@/strings.ts';
import { AttentionLink } from './attention-link.tsx';
import { ThemeToggle } from './theme-toggle.tsx';
import { UserMenu } from './user-menu.tsx';

const places = [
  { to: '/', label: t.shell.newArticle, short: t.shell.newArticleShort, icon: PenLine, exact: true },
  { to: '/topics', label: t.shell.topics, short: t.shell.topics, icon: Lightbulb, exact: false },
  { to: '/articles', label: t.shell.articles, short: t.shell.articles, icon: FileText, exact: false },
  { to: '/images', label: t.shell.images, short: t.shell.images, icon: Images, exact: false },
  { to: '/schedules', label: t.shell.schedules, short: t.shell.schedulesShort, icon: CalendarClock, exact: false },
  { to: '/runs', label: t.shell.runs, short: t.shell.runs, icon: ListChecks, exact: false },
  { to: '/calendar', label: t.shell.calendar, short: t.shell.calendar, icon: CalendarDays, exact: false },
  { to: '/queue', label: t.shell.queue, short: t.shell.queueShort, icon: Send, exact: false },
  { to: '/sites', label: t.shell.sites, short: t.shell.sites, icon: Globe, exact: false },
  { to: '/usage', label: t.shell.usage, short: t.shell.usage, icon: ChartColumn, exact: false },
] as const;

/** What stands around every page: the places to go, beside it on a desk, below it on a phone. */
export function AppShell() {
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
          <ThemeToggle />
          <UserMenu />
        </div>
      </header>
      <main id="main" tabIndex={-1} className="min-w-0 pb-24 lg:pb-0">
        <Outlet />
      </main>
      <BottomBar />
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
    <div className="sticky top-0 hidden h-dvh flex-col gap-7 border-r border-border bg-sidebar px-3.5 py-5 lg:flex">
      <div className="px-2">
        <Brand />
      </div>
      <nav aria-label={t.shell.navigation} className="grid gap-0.5">
        {places.map(({ to, label, icon: Icon, exact }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact, includeSearch: false }}
            className="flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm font-medium text-muted-foreground transition-colors hover:bg-muted hover:text-foreground aria-[current=page]:bg-muted aria-[current=page]:text-foreground"
          >
            <Icon aria-hidden="true" className="size-4" />
            {label}
          </Link>
        ))}
        <AttentionLink labelled />
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

function BottomBar() {
  const nav = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  // On a small phone not all of them may fit: the present one is brought into view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path is another present one
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <nav
      ref={nav}
      aria-label={t.shell.navigation}
      className="fixed inset-x-0 bottom-0 z-30 flex overflow-x-auto [scrollbar-width:none] border-t border-border bg-background/95 pb-[env(safe-area-inset-bottom)] backdrop-blur lg:hidden"
    >
      {places.map(({ to, short, icon: Icon, exact }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact, includeSearch: false }}
          className="flex h-14 min-w-10 flex-1 flex-col items-center justify-center gap-1 text-[0.6875rem] font-medium min-[26rem]:text-xs text-muted-foreground focus-visible:-outline-offset-2 aria-[current=page]:text-foreground"
        >
          <Icon aria-hidden="true" className="size-5" />
          {short}
        </Link>
      ))}
    </nav>
  );
}

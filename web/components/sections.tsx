import { Link, type LinkProps, Outlet, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { t } from '@/strings.ts';
import { Card } from './ui/card.tsx';

interface Section {
  to: LinkProps['to'];
  label: string;
}

/** Pages that belong together, with the way from one to the other above them. */
export function SectionLayout({ label, sections }: { label: string; sections: readonly Section[] }) {
  const nav = useRef<HTMLElement>(null);
  const path = useLocation({ select: (location) => location.pathname });
  // On a phone not all of them may fit: the present one is brought into view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path is another present one
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <div className="mx-auto w-full max-w-4xl px-4 py-7 sm:px-8 lg:py-11">
      <p className="text-sm font-semibold text-muted-foreground">{label}</p>
      <nav
        ref={nav}
        aria-label={label}
        className="mt-2 mb-7 flex gap-5 overflow-x-auto border-b border-border [scrollbar-width:none] sm:gap-6"
      >
        {sections.map((section) => (
          <Link
            key={section.to}
            to={section.to}
            activeOptions={{ exact: true, includeSearch: false }}
            className="relative flex h-11 shrink-0 items-center text-sm font-medium text-muted-foreground transition-colors hover:text-foreground focus-visible:-outline-offset-2 aria-[current=page]:text-foreground aria-[current=page]:after:absolute aria-[current=page]:after:inset-x-0 aria-[current=page]:after:bottom-0 aria-[current=page]:after:h-0.5 aria-[current=page]:after:rounded-full aria-[current=page]:after:bg-foreground"
          >
            {section.label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}

/** One of those pages. */
export function SectionPage({
  title,
  intro,
  actions,
  children,
}: {
  title: string;
  intro?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="grid grid-cols-1 gap-5">
      <title>{`${title} · ${t.shell.product}`}</title>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {intro && <p className="mt-1.5 max-w-2xl text-muted-foreground">{intro}</p>}
        </div>
        {actions}
      </div>
      {children}
    </div>
  );
}

/** A sheet of settings. */
export function SettingsCard({
  title,
  badge,
  intro,
  children,
}: {
  title: string;
  badge?: ReactNode;
  intro?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="flex flex-wrap items-center gap-x-3 gap-y-1 text-lg font-semibold">
        {title}
        {badge}
      </h2>
      {intro && <div className="mt-1 max-w-2xl text-muted-foreground">{intro}</div>}
      {children && <div className="mt-5 grid max-w-xl grid-cols-1 gap-5">{children}</div>}
    </Card>
  );
}

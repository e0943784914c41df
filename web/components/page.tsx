import type { ReactNode } from 'react';
import { t } from '@/strings.ts';
import { cn } from './class-names.ts';

interface PageProps {
  /** Of the document; the heading unless that is longer or empty. */
  title: string;
  heading?: ReactNode;
  intro?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A page's frame: document title, heading, what it is for, its actions. */
export function Page({ title, heading, intro, actions, className, children }: PageProps) {
  return (
    <div className={cn('mx-auto w-full max-w-5xl px-4 py-7 sm:px-8 lg:py-11', className)}>
      <title>{`${title} · ${t.shell.product}`}</title>
      {heading !== undefined && (
        <div className="mb-7 flex flex-wrap items-start justify-between gap-x-6 gap-y-4">
          <div className="min-w-0">
            <h1 className="text-2xl font-semibold tracking-tight text-balance">{heading}</h1>
            {intro && <p className="mt-1.5 max-w-2xl text-muted-foreground">{intro}</p>}
          </div>
          {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
      )}
      {children}
    </div>
  );
}

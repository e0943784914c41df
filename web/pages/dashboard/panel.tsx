import { Link } from '@tanstack/react-router';
import { type ReactNode, useId } from 'react';
import { Card } from '@/components/ui/card.tsx';

interface PanelProps {
  title: string;
  /** Beside the title: how much there is. */
  count?: string | undefined;
  /** The way to all of it. */
  all?: { to: string; label: string; name?: string } | undefined;
  children: ReactNode;
}

/** A part of the overview: its name, the way to all of it, and what there is. */
export function Panel({ title, count, all, children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="mb-2.5 flex items-baseline gap-x-2.5">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {count && <span className="text-sm text-muted-foreground tabular-nums">{count}</span>}
        {all && (
          <Link
            to={all.to}
            aria-label={all.name}
            className="ml-auto text-sm text-muted-foreground underline-offset-4 hover:text-foreground hover:underline"
          >
            {all.label}
          </Link>
        )}
      </div>
      <Card className="overflow-hidden">{children}</Card>
    </section>
  );
}

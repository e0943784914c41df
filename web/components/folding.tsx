import { ChevronRight } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { cn } from './class-names.ts';

/** Something that is folded away until it is asked for, under a line that says what it is. */
export function Folding({
  title,
  titleClassName,
  className,
  children,
  ...details
}: Omit<ComponentProps<'details'>, 'title'> & { title: ReactNode; titleClassName?: string }) {
  return (
    <details {...details} className={cn('group', className)}>
      <summary
        className={cn(
          'flex list-none items-center gap-1.5 rounded-lg text-sm font-medium [&::-webkit-details-marker]:hidden',
          titleClassName,
        )}
      >
        <ChevronRight
          aria-hidden="true"
          className="size-4 shrink-0 text-muted-foreground transition-transform group-open:rotate-90"
        />
        {title}
      </summary>
      {children}
    </details>
  );
}

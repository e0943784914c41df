import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { cn } from '@/components/class-names.ts';

const box =
  'w-full min-w-0 rounded-lg border border-input bg-card px-3 text-[0.9375rem] text-foreground transition-shadow focus-visible:border-accent focus-visible:outline-2 focus-visible:-outline-offset-1 aria-invalid:border-danger aria-invalid:focus-visible:outline-danger disabled:opacity-60';

/** One line of text. */
export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input className={cn(box, 'h-10', className)} {...props} />;
}

/** Several lines of text; it grows with them where the browser can. */
export function Textarea({ className, ...props }: ComponentProps<'textarea'>) {
  return <textarea className={cn(box, 'field-sizing-content max-h-96 min-h-20 py-2', className)} {...props} />;
}

/** The platform's own select: the best one on a phone, and right with every keyboard. */
export function Select({ className, ...props }: ComponentProps<'select'>) {
  return (
    <div className="relative min-w-0">
      <select className={cn(box, 'h-10 appearance-none pr-9', className)} {...props} />
      <ChevronDown
        aria-hidden="true"
        className="pointer-events-none absolute top-3 right-3 size-4 text-muted-foreground"
      />
    </div>
  );
}

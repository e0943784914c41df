import type { ComponentProps } from 'react';
import { cn } from '@/components/class-names.ts';

/** A sheet that holds things that belong together. */
export function Card({ className, ...props }: ComponentProps<'section'>) {
  return <section className={cn('rounded-xl border border-border bg-card', className)} {...props} />;
}

import type { ReactNode } from 'react';

/** A list with nothing in it: says what will be here, and starts the work. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-center gap-1 px-6 py-11 text-center">
      <p className="font-medium">{title}</p>
      <p className="max-w-md text-muted-foreground">{children}</p>
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}

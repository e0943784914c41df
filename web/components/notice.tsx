import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode, Ref } from 'react';
import { t } from '@/strings.ts';
import { cn } from './class-names.ts';
import { ServerText } from './server-text.tsx';

const looks = {
  danger: { icon: CircleAlert, box: 'bg-danger-soft', ink: 'text-danger' },
  warning: { icon: TriangleAlert, box: 'bg-warning-soft', ink: 'text-warning' },
  accent: { icon: Info, box: 'bg-accent-soft', ink: 'text-accent' },
};

interface NoticeProps {
  tone: keyof typeof looks;
  title: ReactNode;
  /** Announced as soon as it appears; for what the user did not cause, leave it out. */
  alert?: boolean;
  children?: ReactNode;
  className?: string;
  ref?: Ref<HTMLDivElement>;
}

/** Something the reader should know before going on. */
export function Notice({ tone, title, alert, children, className, ref }: NoticeProps) {
  const { icon: Icon, box, ink } = looks[tone];
  return (
    <div
      ref={ref}
      role={alert ? 'alert' : undefined}
      tabIndex={-1}
      className={cn('flex gap-3 rounded-xl p-4', box, className)}
    >
      <Icon aria-hidden="true" className={cn('mt-0.5 size-5 shrink-0', ink)} />
      <div className="min-w-0 flex-1">
        <p className={cn('font-semibold', ink)}>{title}</p>
        {children && <div className="mt-1 grid grid-cols-1 gap-2">{children}</div>}
      </div>
    </div>
  );
}

/** A failure: what happened, what to do next, and its code for support. */
export function ProblemNotice({
  problem,
  title,
  hint = problem.hint,
  children,
  className,
  ref,
}: {
  problem: { code: string; hint: string; detail?: string; message?: string };
  title?: string;
  /** In place of the problem's own. */
  hint?: ReactNode;
  children?: ReactNode;
  className?: string;
  ref?: Ref<HTMLDivElement>;
}) {
  const message = problem.detail ?? problem.message ?? '';
  return (
    <Notice tone="danger" alert title={title ?? <ServerText>{message}</ServerText>} className={className} ref={ref}>
      {title && (
        <p>
          <ServerText>{message}</ServerText>
        </p>
      )}
      <p>{hint === problem.hint ? <ServerText>{problem.hint}</ServerText> : hint}</p>
      <p className="text-sm text-muted-foreground">
        {t.problems.code} <code className="font-mono text-[0.8125rem]">{problem.code}</code>
      </p>
      {children}
    </Notice>
  );
}

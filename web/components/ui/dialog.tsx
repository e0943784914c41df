import { X } from 'lucide-react';
import { Dialog as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';
import { cn } from '@/components/class-names.ts';
import { t } from '@/strings.ts';
import { Button } from './button.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  /** For a few fields; without it there is room for pictures beside text. */
  narrow?: boolean;
  children: ReactNode;
}

/** Something large over the page: the whole window on a phone. Escape, the cross and a click beside it close it. */
export function Dialog({ title, onClose, narrow, children }: DialogProps) {
  return (
    <Primitive.Root open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Primitive.Content
          aria-describedby={undefined}
          className={cn(
            'fixed inset-0 z-40 flex flex-col overflow-hidden bg-card sm:inset-auto sm:top-1/2 sm:left-1/2 sm:max-h-[min(46rem,calc(100dvh-3rem))] sm:w-[min(60rem,calc(100vw-3rem))] sm:-translate-x-1/2 sm:-translate-y-1/2 sm:rounded-xl sm:border sm:border-border sm:shadow-xl',
            narrow && 'sm:w-[min(32rem,calc(100vw-3rem))]',
          )}
        >
          <div className="flex shrink-0 items-center justify-between gap-4 border-b border-border py-2 pr-2 pl-4 sm:pl-6">
            <Primitive.Title className="min-w-0 truncate font-semibold">{title}</Primitive.Title>
            <Primitive.Close asChild>
              <Button variant="ghost" size="icon" aria-label={t.common.close}>
                <X aria-hidden="true" />
              </Button>
            </Primitive.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { WifiOff } from 'lucide-react';
import { useEffect } from 'react';
import { onReturn, useConnection } from '@/session/connection.ts';
import { t } from '@/strings.ts';
import { toast } from './toaster.tsx';

const words = t.connection;

/** Says that the server does not answer, for as long as it does not; then reads anew what the page shows. */
export function ConnectionNotice() {
  const queries = useQueryClient();
  const connection = useConnection();
  useEffect(
    () =>
      onReturn(() => {
        toast(words.back);
        void queries.invalidateQueries();
      }),
    [queries],
  );
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 top-14 z-50 flex justify-center px-4 lg:top-auto lg:bottom-6 lg:justify-end lg:px-6"
    >
      {connection !== 'well' && (
        <div className="pointer-events-auto flex max-w-xl animate-appear gap-3 rounded-xl border border-border bg-card px-4 py-3 shadow-lg">
          <WifiOff aria-hidden="true" className="mt-0.5 size-5 shrink-0 text-danger" />
          <div>
            <p className="font-semibold">{words[connection]}</p>
            <p className="text-sm text-muted-foreground">{words.hint}</p>
          </div>
        </div>
      )}
    </div>
  );
}

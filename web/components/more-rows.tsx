import { useEffect, useRef } from 'react';
import type { Problem } from '@/api/client/types.gen.ts';
import { t } from '@/strings.ts';
import { ServerText } from './server-text.tsx';
import { Button } from './ui/button.tsx';

/** What a list that is read in pages says about the rest of it. */
export interface MorePages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => Promise<unknown>;
  error: Problem | null;
}

/** The rest of a long list: read before its end comes into sight, and on a click where that did not work. */
export function MoreRows({ pages }: { pages: MorePages }) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, error } = pages;
  const end = useRef<HTMLDivElement>(null);
  const wanted = hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    if (!wanted || !end.current) return;
    const watch = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && void fetchNextPage(),
      { rootMargin: '1600px' },
    );
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [wanted, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={end} className="grid grid-cols-1 gap-2 border-t border-border p-3">
      {isFetchNextPageError && error && (
        <p role="alert" className="text-sm text-danger">
          <ServerText>{error.detail}</ServerText> <ServerText>{error.hint}</ServerText>
        </p>
      )}
      <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {isFetchingNextPage ? t.common.loading : t.common.more}
      </Button>
    </div>
  );
}

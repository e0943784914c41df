import { useEffect, useRef } from 'react';
import type { Problem } from '@/api/client/types.gen.ts';
import { ServerText } from '@/components/server-text.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';

interface MoreRowsProps {
  pages: {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    isFetchNextPageError: boolean;
    fetchNextPage: () => Promise<unknown>;
    error: Problem | null;
  };
}

/** The rest of a long list: read before its end comes into sight, and on a click where that did not work. */
export function MoreRows({ pages }: MoreRowsProps) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage, error } = pages;
  const end = useRef<HTMLDivElement>(null);
  const wanted = hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    if (!wanted || !end.current) return;
    const watch = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && void fetchNextPage(),
      { rootMargin: '800px' },
    );
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [wanted, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={end} className="grid gap-2">
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

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { t } from '@/strings.ts';

/** The sites of the account, and what a topic's site is called. */
export function useSites() {
  const { data } = useQuery({ ...listSitesOptions({ query: { limit: 100 } }), staleTime: 60_000 });
  return useMemo(() => {
    const sites = data?.items ?? [];
    const names = new Map(sites.map(({ id, name }) => [id, name]));
    const nameOf = (siteId: string | null): string | null =>
      siteId === null || !data ? null : (names.get(siteId) ?? t.topics.unknownSite);
    return { sites, nameOf };
  }, [data]);
}

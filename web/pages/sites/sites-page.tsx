import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Notice } from '@/components/notice.tsx';
import { Page } from '@/components/page.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { connectWords as words } from '@/strings-sites.ts';
import { LoadProblem } from '../error-pages.tsx';
import { ConnectForm } from './connect-form.tsx';
import { SiteCard } from './site-card.tsx';

/** The WordPress sites that articles go to. */
export function SitesPage() {
  const sites = useQuery({
    ...listSitesOptions({ query: { limit: 100 } }),
    // A site that is held goes on by itself.
    refetchInterval: ({ state }) => (state.data?.items.some(({ pausedBy }) => pausedBy === 'site') ? 15_000 : false),
  });
  const [adding, setAdding] = useState(() => keptForm('site:new') !== undefined);
  const search = useSearch({ from: '/signed-in/sites' });
  // Said once: neither a reload nor a bookmark brings it back.
  const [arrival, setArrival] = useState(search);
  const navigate = useNavigate();
  useEffect(() => {
    if (!search.connected && !search.connectProblem) return;
    setArrival(search);
    void navigate({ to: '/sites', search: {}, replace: true });
  }, [search, navigate]);
  useEffect(() => {
    if (!search.connect) return;
    setAdding(true);
    void navigate({ to: '/sites', search: {}, replace: true });
  }, [search.connect, navigate]);
  const open = () => {
    setArrival({});
    setAdding(true);
  };
  const add = (
    <Button variant="primary" onClick={open}>
      <Plus aria-hidden="true" />
      {t.sites.add}
    </Button>
  );
  const items = sites.data?.items ?? [];
  return (
    <Page
      title={t.sites.title}
      heading={t.sites.title}
      intro={t.sites.intro}
      actions={!adding && items.length > 0 && add}
      className="max-w-4xl"
    >
      <div className="grid grid-cols-1 gap-5">
        <Arrival {...arrival} name={items.find(({ id }) => id === arrival.connected)?.name} />
        {adding && (
          <ConnectForm
            onDone={(site, renewed) => {
              setAdding(false);
              setArrival({ connected: site.id, ...(renewed ? { renewed: 'yes' } : {}) });
            }}
            onCancel={() => setAdding(false)}
          />
        )}
        {sites.isPending && (
          <Card>
            <SkeletonRows rows={3} />
          </Card>
        )}
        {sites.error && <LoadProblem problem={sites.error} onRetry={sites.refetch} />}
        {sites.isSuccess && items.length === 0 && !adding && (
          <Card>
            <EmptyState title={t.sites.empty} action={add}>
              {t.sites.emptyHint}
            </EmptyState>
          </Card>
        )}
        {items.map((site) => (
          <SiteCard key={site.id} site={site} arrived={site.id === arrival.connected} />
        ))}
      </div>
    </Page>
  );
}

/** How the way over the site has ended. */
interface ArrivalProps {
  connected?: string;
  renewed?: string;
  connectProblem?: string;
  name?: string;
}
function Arrival({ connected, renewed, connectProblem, name }: ArrivalProps) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (connectProblem) notice.current?.focus();
  }, [connectProblem]);
  if (connectProblem) {
    const { what, next } = words.problems[isKnown(connectProblem) ? connectProblem : 'failed'];
    return (
      <Notice ref={notice} tone="warning" alert title={words.problemTitle}>
        <p>{what}</p>
        <p>{next}</p>
      </Notice>
    );
  }
  // Until the list is there it is not known what it is called; the name of somebody else's site is never.
  if (!connected || !name) return null;
  return (
    <Notice tone="accent" alert title={renewed ? words.renewed(name) : words.done(name)}>
      <p>{renewed ? words.renewedHint : words.doneHint}</p>
    </Notice>
  );
}

const isKnown = (code: string): code is keyof typeof words.problems => Object.hasOwn(words.problems, code);

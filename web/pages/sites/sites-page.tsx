import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { Page } from '@/components/page.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { keptForm } from '@/session/kept-forms.ts';
import { t } from '@/strings.ts';
import { LoadProblem } from '../error-pages.tsx';
import { SiteCard } from './site-card.tsx';
import { SiteForm } from './site-form.tsx';

/** The WordPress sites that articles go to. */
export function SitesPage() {
  const sites = useQuery(listSitesOptions({ query: { limit: 100 } }));
  const [adding, setAdding] = useState(() => keptForm('site:new') !== undefined);
  const add = (
    <Button variant="primary" onClick={() => setAdding(true)}>
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
        {adding && <SiteForm onDone={() => setAdding(false)} onCancel={() => setAdding(false)} />}
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
          <SiteCard key={site.id} site={site} />
        ))}
      </div>
    </Page>
  );
}

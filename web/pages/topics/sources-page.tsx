import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { listSourcesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { WatchedSource } from '@/api/client/types.gen.ts';
import { EmptyState } from '@/components/empty-state.tsx';
import { SectionPage } from '@/components/sections.tsx';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { watchingWords } from '@/strings-topic-intake.ts';
import { LoadProblem } from '../error-pages.tsx';
import { FindGaps } from './find-gaps.tsx';
import { SourceForm } from './source-form.tsx';
import { isBeingRead, SourceRow } from './source-row.tsx';

const words = watchingWords;
/** How often sources are looked at while one is being read, and otherwise, in milliseconds. */
const busyMs = 2_000;
const idleMs = 30_000;

/** The feeds and sites that are read for proposals: how they are, added, paused, read now, deleted. */
export function SourcesPage() {
  const sources = useQuery({
    ...listSourcesOptions({ query: { limit: 100 } }),
    refetchInterval: ({ state }) => (state.data?.items.some(isBeingRead) ? busyMs : idleMs),
  });
  const [adding, setAdding] = useState(false);
  const items = sources.data?.items ?? [];
  const add = (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" />
      {words.add}
    </Button>
  );
  const onDone = ({ name }: WatchedSource) => {
    setAdding(false);
    toast(words.added(name));
  };
  // With nothing there, the form itself is the way to begin.
  const bare = sources.isSuccess && items.length === 0;
  return (
    <SectionPage
      title={words.title}
      intro={words.intro}
      actions={
        <div className="flex flex-wrap gap-2">
          <FindGaps siteId={undefined} />
          {!bare && !adding && add}
        </div>
      }
    >
      {bare && (
        <Card>
          <EmptyState title={words.empty}>{words.emptyHint}</EmptyState>
        </Card>
      )}
      {(adding || bare) && <SourceForm onDone={onDone} onCancel={bare ? undefined : () => setAdding(false)} />}
      {sources.isPending ? (
        <Card>
          <SkeletonRows rows={3} />
        </Card>
      ) : sources.error && !sources.data ? (
        <LoadProblem problem={sources.error} onRetry={sources.refetch} />
      ) : (
        items.map((source) => <SourceRow key={source.id} source={source} />)
      )}
    </SectionPage>
  );
}

import { useCallback, useMemo, useRef, useState } from 'react';
import type { Topic } from '@/api/client/types.gen.ts';
import { LongList } from '@/components/long-list.tsx';
import type { MorePages } from '@/components/more-rows.tsx';
import { usePageShortcuts } from '@/components/palette/page-shortcuts.ts';
import { toast } from '@/components/toaster.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { ProposalKeys } from './proposal-keys.tsx';
import { type ProposalCommands, ProposalRow } from './proposal-row.tsx';
import { type ProposalKey, proposalKeys, useProposalKeys } from './use-proposal-keys.ts';
import type { TopicCommands } from './use-topic-commands.ts';

const words = t.topics;
const shortcuts = proposalKeys.map((key) => ({ keys: [key], what: words.keyNames[key] }));

interface ProposalListProps {
  topics: Topic[];
  nameOf: (siteId: string | null) => string | null;
  commands: TopicCommands;
  total: number | undefined;
  pages: MorePages;
}

/** What was found to write about, the best first: accepted or dismissed, one by one or several at once. */
export function ProposalList({ topics, nameOf, commands, total, pages }: ProposalListProps) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const chosen = topics.filter(({ id }) => selected.has(id));
  const now = useRef({ topics, chosen, commands });
  now.current = { topics, chosen, commands };

  const decide = useCallback((decided: Topic[], status: 'open' | 'dismissed') => {
    const { topics: list, commands: current } = now.current;
    const gone = new Set(decided.map(({ id }) => id));
    const at = list.findIndex(({ id }) => gone.has(id));
    const next = list.slice(at).find(({ id }) => !gone.has(id)) ?? list.findLast(({ id }) => !gone.has(id));
    current.forget();
    current.decide(
      { topics: decided, status },
      {
        onSuccess: (refused) => {
          const left = new Set(refused.map(({ topic }) => topic));
          const changed = decided.filter(({ topic }) => !left.has(topic));
          if (changed.length === 0) return;
          const names = changed.map(({ topic }) => topic);
          const undo = { label: words.undo, run: () => current.decide({ topics: changed, status: 'proposed' }) };
          toast(status === 'open' ? words.accepted(names) : words.dismissed(names), undo);
        },
      },
    );
    setSelected((before) => new Set([...before].filter((id) => !gone.has(id))));
    if (next) requestAnimationFrame(() => document.getElementById(`proposal-${next.id}`)?.focus());
  }, []);
  const toggle = useCallback((id: string) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  const rowCommands = useMemo<ProposalCommands>(
    () => ({
      accept: (topic) => decide([topic], 'open'),
      dismiss: (topic) => decide([topic], 'dismissed'),
      toggle,
    }),
    [decide, toggle],
  );
  usePageShortcuts(shortcuts);
  const onKey = (key: ProposalKey) => {
    const id = document.activeElement?.closest<HTMLElement>('[data-proposal]')?.dataset.proposal;
    const at = topics.findIndex((topic) => topic.id === id);
    if (key === 'j' || key === 'k') {
      const to = at < 0 ? 0 : Math.min(topics.length - 1, Math.max(0, at + (key === 'j' ? 1 : -1)));
      document.getElementById(`proposal-${topics[to]?.id}`)?.focus();
      return;
    }
    const present = topics[at];
    if (key === 'x') return present && toggle(present.id);
    const decided = chosen.length > 0 ? chosen : present ? [present] : [];
    if (decided.length > 0) decide(decided, key === 'a' ? 'open' : 'dismissed');
  };
  const keys = useProposalKeys(onKey);
  const all = chosen.length === topics.length;
  return (
    <>
      <div className="sticky top-13 z-20 flex min-h-14 flex-wrap items-center gap-x-4 gap-y-2 rounded-t-xl border-b border-border bg-card px-4 py-2 sm:px-5 lg:top-0">
        <label className="flex items-center gap-2.5 text-sm">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            aria-label={words.selectAll}
            checked={all}
            ref={(box) => {
              if (box) box.indeterminate = chosen.length > 0 && !all;
            }}
            onChange={() => setSelected(all ? new Set() : new Set(topics.map(({ id }) => id)))}
          />
          <span aria-live="polite" className="text-muted-foreground">
            {words.selected(chosen.length)}
          </span>
        </label>
        {chosen.length > 0 ? (
          <div className="flex flex-wrap gap-2">
            <Button size="small" variant="primary" onClick={() => decide(chosen, 'open')}>
              {words.acceptSelected(chosen.length)}
            </Button>
            <Button size="small" onClick={() => decide(chosen, 'dismissed')}>
              {words.dismissSelected(chosen.length)}
            </Button>
          </div>
        ) : (
          <ProposalKeys {...keys} />
        )}
      </div>
      <LongList
        label={words.list.proposed}
        items={topics}
        keyOf={({ id }) => id}
        rowHeight={150}
        total={total}
        pages={pages}
      >
        {(topic) => (
          <ProposalRow
            topic={topic}
            siteName={nameOf(topic.siteId)}
            selected={selected.has(topic.id)}
            commands={rowCommands}
          />
        )}
      </LongList>
    </>
  );
}

import type { AddTopicsResponse } from '@/api/client/types.gen.ts';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';

const words = t.topics.add;
/** More than these say nothing new. */
const shown = 10;

interface AddedNoticeProps {
  outcome: AddTopicsResponse;
  onAnyway: (topics: string[]) => void;
  onClose: () => void;
}

/** What of a list was not added, and why. */
export function AddedNotice({ outcome, onClose }: AddedNoticeProps) {
  const { known } = outcome;
  if (known.length === 0) return null;
  return (
    <Notice tone="accent" alert title={words.known(known.length)}>
      <p>{words.knownHint}</p>
      <Names topics={known} />
      <div>
        <Button size="small" variant="ghost" onClick={onClose}>
          {t.common.close}
        </Button>
      </div>
    </Notice>
  );
}

function Names({ topics }: { topics: string[] }) {
  return (
    <ul className="list-disc pl-5 text-sm">
      {[...new Set(topics)].slice(0, shown).map((topic) => (
        <li key={topic} dir="auto" className="break-words">
          {topic}
        </li>
      ))}
      {topics.length > shown && <li>{t.topics.moreEvidence(topics.length - shown)}</li>}
    </ul>
  );
}

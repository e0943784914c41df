import type { AddTopicsResponse } from '@/api/client/types.gen.ts';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { RefusedTopics } from './refused-topics.tsx';

const words = t.topics.add;
/** More than these say nothing new. */
const shown = 10;

interface AddedNoticeProps {
  outcome: AddTopicsResponse;
  onAnyway: (topics: string[]) => void;
  onClose: () => void;
}

/** What of a list was not added, and why. */
export function AddedNotice({ outcome: { known, refused }, onAnyway, onClose }: AddedNoticeProps) {
  if (known.length + refused.length === 0) return null;
  const names = [...new Set(known)];
  const close = (
    <Button size="small" variant="ghost" onClick={onClose}>
      {t.common.close}
    </Button>
  );
  return (
    <div className="grid grid-cols-1 gap-3">
      {refused.length > 0 && (
        <Notice tone="warning" alert title={words.refused(refused.length)}>
          <p>{words.refusedHint}</p>
          <RefusedTopics topics={refused} />
          <div className="flex flex-wrap gap-2">
            <Button size="small" onClick={() => onAnyway(refused.map(({ topic }) => topic))}>
              {words.anywayAll(refused.length)}
            </Button>
            {close}
          </div>
        </Notice>
      )}
      {known.length > 0 && (
        <Notice tone="accent" alert title={words.known(known.length)}>
          <p>{words.knownHint}</p>
          <ul className="list-disc pl-5 text-sm">
            {names.slice(0, shown).map((topic) => (
              <li key={topic} dir="auto" className="break-words">
                {topic}
              </li>
            ))}
            {names.length > shown && <li>{t.topics.moreEvidence(names.length - shown)}</li>}
          </ul>
          {refused.length === 0 && <div>{close}</div>}
        </Notice>
      )}
    </div>
  );
}

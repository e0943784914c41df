import type { RefusedTopic } from '@/api/client/types.gen.ts';
import { t } from '@/strings.ts';
import { DuplicateOf } from './duplicate-of.tsx';

/** More than these say nothing new. */
const shown = 10;

/** Topics that were not taken, each with what it is like. */
export function RefusedTopics({ topics }: { topics: RefusedTopic[] }) {
  return (
    <ul className="grid gap-2 text-sm">
      {topics.slice(0, shown).map(({ topic, message, duplicateOf }) => (
        <li key={topic} className="min-w-0 break-words">
          <p dir="auto" className="font-medium">
            {topic}
          </p>
          {duplicateOf ? <DuplicateOf duplicate={duplicateOf} /> : <p>{message}</p>}
        </li>
      ))}
      {topics.length > shown && <li>{t.topics.moreEvidence(topics.length - shown)}</li>}
    </ul>
  );
}

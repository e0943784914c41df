import { useEffect, useRef } from 'react';
import type { ApiProblem } from '@/api/problem.ts';
import { fromServer } from '@/api/server-text.ts';
import { Notice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { DuplicateOf } from './duplicate-of.tsx';

/** Whether a topic was refused because something much like it is there. */
export const isDuplicate = (problem: ApiProblem) => problem.code === 'duplicate_topic';

/** What a topic is much like, and the way to have it all the same. */
export function DuplicateNotice({ problem, onAnyway }: { problem: ApiProblem; onAnyway: () => void }) {
  const { duplicateOf, detail, hint } = problem;
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => notice.current?.focus(), []);
  return (
    <Notice ref={notice} tone="warning" alert title={t.topics.add.alike}>
      {duplicateOf ? <DuplicateOf duplicate={duplicateOf} /> : <p className="break-words">{detail}</p>}
      {duplicateOf && <p className="break-words">{t.topics.duplicateOf.why(fromServer(duplicateOf.reason))}</p>}
      {!duplicateOf && <p>{hint}</p>}
      <div>
        <Button size="small" onClick={onAnyway}>
          {t.topics.add.anyway}
        </Button>
      </div>
    </Notice>
  );
}

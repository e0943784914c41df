import { Notice, ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { t } from '@/strings.ts';
import { DuplicateNotice, isDuplicate } from './duplicate-notice.tsx';
import { RefusedTopics } from './refused-topics.tsx';
import type { TopicCommands } from './use-topic-commands.ts';

const words = t.topics;

/** What the last command in a list came to, when that is not what was wanted. */
export function CommandProblem({ commands: { problem, refused, anyway } }: { commands: TopicCommands }) {
  if (problem && isDuplicate(problem)) return <DuplicateNotice problem={problem} onAnyway={anyway} />;
  if (problem) return <ProblemNotice title={words.notDone} problem={problem} />;
  if (refused.length === 0) return null;
  return (
    <Notice tone="warning" alert title={words.notAccepted(refused.length)}>
      <p>{words.notAcceptedHint}</p>
      <RefusedTopics topics={refused} />
      <div>
        <Button size="small" onClick={anyway}>
          {words.acceptAnyway(refused.length)}
        </Button>
      </div>
    </Notice>
  );
}

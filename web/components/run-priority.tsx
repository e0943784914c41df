import { useMutation, useQueryClient } from '@tanstack/react-query';
import { listPipelinesInfiniteQueryKey, updatePipelineMutation } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Pipeline } from '@/api/client/types.gen.ts';
import { t } from '@/strings.ts';
import { ProblemNotice } from './notice.tsx';
import { toast } from './toaster.tsx';
import { Button } from './ui/button.tsx';

const words = t.priority;

/** Lets a run that waits for its turn go before the others, or back. */
export function RunPriority({ run }: { run: Pick<Pipeline, 'id' | 'topic' | 'priority'> }) {
  const queries = useQueryClient();
  const high = run.priority === 'high';
  const change = useMutation({
    ...updatePipelineMutation(),
    onSuccess: () => toast(high ? words.movedBack : words.moved),
    onSettled: () => {
      const [{ _id }] = listPipelinesInfiniteQueryKey();
      return queries.invalidateQueries({
        predicate: ({ queryKey: [first] }) => (first as { _id?: string } | undefined)?._id === _id,
      });
    },
  });
  return (
    <div className="relative z-10 grid grid-cols-1 justify-items-start gap-2">
      <Button
        size="small"
        aria-label={high ? words.backOf(run.topic) : words.toFrontOf(run.topic)}
        disabled={change.isPending}
        onClick={() => change.mutate({ path: { id: run.id }, body: { priority: high ? 'normal' : 'high' } })}
      >
        {high ? words.back : words.toFront}
      </Button>
      {change.error && <ProblemNotice problem={change.error} />}
    </div>
  );
}

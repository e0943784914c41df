import { useMutation, useQueryClient } from '@tanstack/react-query';
import {
  approveArticleMutation,
  cancelPipelineMutation,
  continuePipelineMutation,
  getPipelineQueryKey,
  holdArticleMutation,
  retryPipelineMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Pipeline } from '@/api/client/types.gen.ts';

/** What can be done with a run; each answer is shown at once. */
export function useRunCommands(runId: string) {
  const queries = useQueryClient();
  const queryKey = getPipelineQueryKey({ path: { id: runId } });
  const onSuccess = async (run: Pipeline) => {
    // An answer that is on its way tells an older state: it must not overwrite this one.
    await queries.cancelQueries({ queryKey });
    queries.setQueryData(queryKey, run);
  };
  // Most refusals mean that the run has moved on: look again at what it does.
  const onError = () => queries.invalidateQueries({ queryKey });
  // A decision about the article changes the run, the article and its publications.
  const refresh = { onSuccess: () => queries.invalidateQueries(), onError };
  const cancel = useMutation({ ...cancelPipelineMutation(), onSuccess, onError });
  const retry = useMutation({ ...retryPipelineMutation(), onSuccess, onError });
  const goOn = useMutation({ ...continuePipelineMutation(), onSuccess, onError });
  const approve = useMutation({ ...approveArticleMutation(), ...refresh });
  const hold = useMutation({ ...holdArticleMutation(), ...refresh });
  const all = [cancel, retry, goOn, approve, hold];
  return {
    cancel,
    retry,
    goOn,
    approve,
    hold,
    busy: all.some((command) => command.isPending),
    problem: all.findLast((command) => command.error)?.error ?? null,
    /** Forgets an earlier refusal before something else is tried. */
    forget: () => {
      for (const command of all) command.reset();
    },
  };
}
export type RunCommands = ReturnType<typeof useRunCommands>;

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { countFailuresQueryKey, getOverviewQueryKey } from '@/api/client/@tanstack/react-query.gen.ts';
import { redriveFailures } from '@/api/client/sdk.gen.ts';
import type { RedriveFailuresResponse } from '@/api/client/types.gen.ts';
import type { ApiProblem } from '@/api/problem.ts';
import { toast } from '@/components/toaster.tsx';
import { t } from '@/strings.ts';

/** Tries something again that has failed, and says what came of it. */
export function useAgain() {
  const queries = useQueryClient();
  return useMutation<RedriveFailuresResponse, ApiProblem, string>({
    mutationFn: async (id) => (await redriveFailures({ body: { ids: [id] }, throwOnError: true })).data,
    onSuccess: ({ redriven, items }) => {
      const refusal = items.find(({ error }) => error)?.error;
      toast(refusal ? `${refusal.message} ${refusal.hint}` : t.failures.redriven(redriven));
    },
    onError: (problem) => toast(problem.message),
    onSettled: () =>
      Promise.all(
        [getOverviewQueryKey(), countFailuresQueryKey()].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
}

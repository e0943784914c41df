import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  countFailuresQueryKey,
  dismissFailuresMutation,
  listDecisionsQueryKey,
  listFailuresQueryKey,
  redriveFailuresMutation,
  undismissFailuresMutation,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Failure, RedriveFailuresResponse } from '@/api/client/types.gen.ts';
import { fromServer } from '@/api/server-text.ts';
import { toast } from '@/components/toaster.tsx';
import { t } from '@/strings.ts';

const words = t.failures;
/** What is tried again or put aside: some, or all. */
type Choice = { ids: string[] } | { all: true };

/** What can be done about dead letters, and why the last try of each was refused. */
export function useFailures(shown: Failure[]) {
  const queries = useQueryClient();
  const [refused, setRefused] = useState<ReadonlyMap<string, string>>(new Map());
  const onSettled = () =>
    Promise.all(
      [listFailuresQueryKey, listDecisionsQueryKey, countFailuresQueryKey].map((key) => {
        const [{ _id }] = key();
        return queries.invalidateQueries({
          predicate: ({ queryKey: [first] }) => (first as { _id?: string } | undefined)?._id === _id,
        });
      }),
    );
  const redriving = useMutation({
    ...redriveFailuresMutation(),
    onSuccess: (answer) => {
      setRefused(
        new Map(
          answer.items.flatMap(({ id, error }) =>
            error ? [[id, `${fromServer(error.message)} ${fromServer(error.hint)}`]] : [],
          ),
        ),
      );
      toast(outcomeWords(answer));
    },
    onSettled,
  });
  const undoing = useMutation({
    ...undismissFailuresMutation(),
    onSuccess: () => toast(words.takenBack),
    onSettled,
  });
  const dismissing = useMutation({ ...dismissFailuresMutation(), onSettled });
  return {
    refused,
    busy: redriving.isPending || dismissing.isPending || undoing.isPending,
    problem: redriving.error ?? dismissing.error ?? undoing.error,
    redrive: (choice: Choice) => redriving.mutate({ body: choice }),
    takeBack: (ids: string[]) => undoing.mutate({ body: { ids } }),
    dismiss: (choice: Choice) => {
      const ids = 'ids' in choice ? choice.ids : shown.map(({ id }) => id).slice(0, 100);
      dismissing.mutate(
        { body: choice },
        {
          onSuccess: ({ changed }) =>
            toast(words.putAside(changed), { label: words.undo, run: () => undoing.mutate({ body: { ids } }) }),
        },
      );
    },
  };
}
export type FailureCommands = ReturnType<typeof useFailures>;

function outcomeWords({ redriven, items, more }: RedriveFailuresResponse): string {
  const refused = items.filter(({ outcome }) => outcome === 'refused').length;
  const parts = [
    ...(redriven > 0 ? [words.redriven(redriven)] : refused === 0 ? [words.nothing] : []),
    ...(refused > 0 ? [words.refused(refused)] : []),
    ...(more ? [words.more] : []),
  ];
  return parts.join(' ');
}

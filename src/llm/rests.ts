/** Which models are left alone for a while because they could not answer: kept in memory, for this process. */
export interface Rests {
  /** Lets the model under an account (see `accountOf`) rest for `ms` milliseconds. */
  begin(account: string, ms: number): void;
  /** The models in their order, those that rest behind the others: when all of them do, the first is asked again. */
  order(models: readonly string[], accountOf: (model: string) => string): string[];
}

/** Builds the list of rests. `now` in milliseconds on a clock that never jumps. */
export function createRests(now: () => number = () => performance.now()): Rests {
  const until = new Map<string, number>();
  const resting = (account: string) => (until.get(account) ?? 0) > now();
  return {
    begin(account, ms) {
      for (const known of until.keys()) if (!resting(known)) until.delete(known);
      until.set(account, now() + ms);
    },
    order(models, accountOf) {
      const rests = (model: string) => resting(accountOf(model));
      return [...models.filter((model) => !rests(model)), ...models.filter(rests)];
    },
  };
}

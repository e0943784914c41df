/** Which models are left alone for a while because they could not answer: kept in memory, for this process. */
export interface Rests {
  /** Lets `model` rest for `ms` milliseconds. */
  begin(model: string, ms: number): void;
  /** The models in their order, those that rest behind the others: when all of them do, the first is asked again. */
  order(models: readonly string[]): string[];
}

/** Builds the list of rests. `now` in milliseconds on a clock that never jumps. */
export function createRests(now: () => number = () => performance.now()): Rests {
  const until = new Map<string, number>();
  const resting = (model: string) => (until.get(model) ?? 0) > now();
  return {
    begin(model, ms) {
      until.set(model, now() + ms);
    },
    order: (models) => [...models.filter((model) => !resting(model)), ...models.filter(resting)],
  };
}

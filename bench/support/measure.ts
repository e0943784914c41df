/** One line of the table: a median, what it is held against, and what it should stay under. */
export interface Figure {
  what: string;
  unit: 'ms' | 's' | 'MB' | 'kB' | 'frames' | 'score';
  /** The median of `runs` runs. */
  value: number;
  least: number;
  most: number;
  runs: number;
  /** The raw thing that the figure is divided by, measured in the same run; null where nothing compares. */
  baseline: { what: string; value: number } | null;
  /** The figure should be at most this; null where no aim was set. */
  aim: number | null;
}

/** What a measure found, and what it could not look at and why. */
export interface Outcome {
  figures: Figure[];
  notMeasured: string[];
}

export interface MeasureOptions {
  /** Few runs, to see that the measure works; the figures mean little. */
  quick: boolean;
}

/** A measure: throws when it is broken, which is something else than an aim that was missed. */
export type Measure = (options: MeasureOptions) => Promise<Outcome>;

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: number[]): number {
  if (values.length === 0) throw new Error('no values were measured');
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.floor(half)] as number) + (sorted[Math.ceil(half) - 1] as number)) / 2;
}

/** A figure from the values of its runs; `aimRatio` is an aim in terms of the baseline. */
export function figure(
  what: string,
  unit: Figure['unit'],
  values: number[],
  options: { baseline?: { what: string; values: number[] }; aim?: number; aimRatio?: number } = {},
): Figure {
  const { baseline, aimRatio } = options;
  const aim = options.aim ?? (baseline && aimRatio ? aimRatio * median(baseline.values) : undefined);
  return {
    what,
    unit,
    value: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    runs: values.length,
    baseline: baseline ? { what: baseline.what, value: median(baseline.values) } : null,
    aim: aim ?? null,
  };
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Runs `work` `count` times, one after another, and returns what each run gave. */
export async function repeat<T>(count: number, work: (run: number) => Promise<T>): Promise<T[]> {
  const values: T[] = [];
  for (let run = 0; run < count; run++) values.push(await work(run));
  return values;
}

import {
  answerBounds,
  type CounterLabels,
  type CounterName,
  type DurationLabels,
  type DurationName,
  workBounds,
} from './counted.ts';

/** What was answered since the last time that it was handed over. */
export interface AnsweredSince {
  requests: number;
  errors: number;
  /** Of each bucket of {@link answerBounds}, and of what took longer, those that fell into it. */
  buckets: number[];
}

/** One total of the instance: its name, its labels as JSON, and what is to be added. */
export interface Addition {
  name: string;
  labels: string;
  value: number;
}

/** The answers of this process to one route with one status. */
export interface RouteAnswers {
  method: string;
  route: string;
  status: string;
  count: number;
  seconds: number;
  buckets: number[];
}

/** What a process counts, in its memory: nothing here waits, fails or costs more than an addition. */
export interface Counts {
  add<Name extends CounterName>(name: Name, labels: CounterLabels<Name>, amount?: number): void;
  observe<Name extends DurationName>(name: Name, labels: DurationLabels<Name>, seconds: number): void;
  /** An answer went out. `counts` is false for what says nothing about the service: its own probes, streams. */
  answered(answer: { method: string; route: string; status: number; seconds: number; counts: boolean }): void;
  /** Takes what is to be added to the totals of the instance; what could not be stored comes back by `putBack`. */
  take(): { additions: Addition[]; answered: AnsweredSince };
  putBack(taken: { additions: Addition[]; answered: AnsweredSince }): void;
  routes(): Iterable<RouteAnswers>;
}

const nothingAnswered = (): AnsweredSince => ({
  requests: 0,
  errors: 0,
  buckets: new Array(answerBounds.length + 1).fill(0),
});

/** The bucket that a duration falls into; the one after the last bound takes what is longer. */
function bucketOf(bounds: readonly number[], seconds: number): number {
  const index = bounds.findIndex((bound) => seconds <= bound);
  return index < 0 ? bounds.length : index;
}

/** New counts of a process, all empty. */
export function createCounts(): Counts {
  let totals = new Map<string, Addition>();
  let answered = nothingAnswered();
  const routes = new Map<string, RouteAnswers>();

  function addTotal(name: string, labels: string, value: number): void {
    const key = `${name} ${labels}`;
    const total = totals.get(key);
    if (total) total.value += value;
    else totals.set(key, { name, labels, value });
  }

  return {
    add: (name, labels, amount = 1) => {
      if (amount > 0) addTotal(name, JSON.stringify(labels), amount);
    },
    observe(name, labels, seconds) {
      const bound = workBounds[bucketOf(workBounds, seconds)];
      addTotal(`${name}_bucket`, JSON.stringify({ ...labels, le: bound === undefined ? '+Inf' : String(bound) }), 1);
      addTotal(`${name}_sum`, JSON.stringify(labels), seconds);
    },
    answered({ method, route, status, seconds, counts }) {
      const bucket = bucketOf(answerBounds, seconds);
      const key = `${method} ${route} ${status}`;
      let of = routes.get(key);
      if (!of) {
        of = { method, route, status: String(status), count: 0, seconds: 0, buckets: nothingAnswered().buckets };
        routes.set(key, of);
      }
      of.count++;
      of.seconds += seconds;
      of.buckets[bucket] = (of.buckets[bucket] ?? 0) + 1;
      if (!counts) return;
      answered.requests++;
      if (status >= 500) answered.errors++;
      answered.buckets[bucket] = (answered.buckets[bucket] ?? 0) + 1;
    },
    take() {
      const taken = { additions: [...totals.values()], answered };
      totals = new Map();
      answered = nothingAnswered();
      return taken;
    },
    putBack(taken) {
      for (const { name, labels, value } of taken.additions) addTotal(name, labels, value);
      answered.requests += taken.answered.requests;
      answered.errors += taken.answered.errors;
      answered.buckets = answered.buckets.map((count, index) => count + (taken.answered.buckets[index] ?? 0));
    },
    routes: () => routes.values(),
  };
}

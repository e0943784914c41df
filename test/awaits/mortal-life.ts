import { AsyncLocalStorage } from 'node:async_hooks';
import type { Site } from './instrument.ts';

/** Before what is waited for begins, or when it has ended and before whoever waits hears of it. */
export type Side = 'before' | 'after';

/** Where a life ended. */
export interface Death {
  site: Site;
  side: Side;
}

/**
 * The life of one worker inside this process: everything that begins in {@link Life.run}, and whatever it sets going. Once
 * it is dead, none of its code runs past the place where it waits, no `catch` and no `finally` either: as in a process that
 * was killed.
 */
export interface Life {
  run<T>(work: () => T): T;
  /** Resolves when it dies. */
  death: Promise<Death>;
  /**
   * Says that its work is done: from now on it does not die, and what it still has under way comes to its end. False when
   * it is dead already.
   */
  survive(): boolean;
  isDead(): boolean;
  /** Places passed so far, each side counted. */
  passed(): number;
  /** The places where it waits at the moment. */
  waitsAt(): Site[];
}

interface State {
  dead: boolean;
  passed: number;
  decide(death: Death, passed: number): boolean;
  die(death: Death): void;
  timers: Set<NodeJS.Timeout>;
  waits: Map<symbol, Site>;
}

const lives = new AsyncLocalStorage<State>();
const never = new Promise<never>(() => undefined);

/** Whether the life that this code belongs to, if it belongs to one, ends here. */
function endsHere(site: Site, side: Side): boolean {
  const life = lives.getStore();
  if (!life) return false;
  if (life.dead) return true;
  life.passed += 1;
  if (!life.decide({ site, side }, life.passed)) return false;
  life.die({ site, side });
  return true;
}

/** How much more often than in the product the clocks of a life strike: what is done every few seconds is seen as well. */
const haste = 20;

/** A timer of the product, not of a library, which may use one for several lives: it is silenced when its life ends. */
function ofLife(timer: NodeJS.Timeout): NodeJS.Timeout {
  lives.getStore()?.timers.add(timer);
  return timer;
}

const hooks = {
  setTimeout: (callback: () => void, ms?: number) => ofLife(setTimeout(callback, ms)),
  setInterval: (callback: () => void, ms = 0) => ofLife(setInterval(callback, lives.getStore() ? ms / haste : ms)),
  before: (site: Site) => (endsHere(site, 'before') ? never : undefined),
  async after<T>(site: Site, waited: PromiseLike<T> | T): Promise<T> {
    const waits = lives.getStore()?.waits;
    const here = Symbol();
    waits?.set(here, site);
    try {
      return await waited;
    } finally {
      waits?.delete(here);
      if (endsHere(site, 'after')) await never;
    }
  },
  each<T>(site: Site, waited: AsyncIterable<T>): AsyncIterable<T> {
    const iterator = waited[Symbol.asyncIterator]();
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          await hooks.before(site);
          return hooks.after(site, iterator.next());
        },
        async return(value) {
          await iterator.return?.();
          return { done: true, value };
        },
      }),
    };
  },
};

/** Puts the hooks where instrumented code looks for them. */
export function installHooks(): void {
  Object.assign(globalThis, { __awaits: hooks });
}

/** A life that ends where `decide` says so, which is asked at every place and side before it is passed. */
export function beginLife(decide: State['decide']): Life {
  const { promise: death, resolve } = Promise.withResolvers<Death>();
  const state: State = {
    dead: false,
    passed: 0,
    decide,
    die(where) {
      state.dead = true;
      for (const timer of state.timers) clearTimeout(timer);
      resolve(where);
    },
    timers: new Set(),
    waits: new Map(),
  };
  return {
    run: (work) => lives.run(state, work),
    death,
    survive() {
      state.decide = () => false;
      return !state.dead;
    },
    isDead: () => state.dead,
    passed: () => state.passed,
    waitsAt: () => [...state.waits.values()],
  };
}

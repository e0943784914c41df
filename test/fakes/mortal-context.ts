import type { AppContext } from '../../src/context.ts';

/** Thrown in place of everything that a killed process can no longer do. */
export class Killed extends Error {}

/**
 * A context that dies right before its `at`-th access to the database or the network (the first is 1), and stays dead:
 * what a killed process could not do any more, its clean-up cannot do either. Between two accesses there is nothing but
 * computing, so dying before each of them is dying at every await.
 */
export function mortalContext(alive: AppContext, at: number): { ctx: AppContext; killed(): boolean } {
  let count = 0;
  const live = () => {
    count += 1;
    if (count >= at) throw new Killed('killed');
  };
  const db = new Proxy(alive.db, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        live();
        return Reflect.apply(value, target, args);
      };
    },
  });
  const ask = async (...request: Parameters<AppContext['safeFetch']>) => {
    live();
    return alive.safeFetch(...request);
  };
  const providers = alive.webSearch.providers.map((provider) => ({
    ...provider,
    search: async (...request: Parameters<typeof provider.search>) => {
      live();
      return provider.search(...request);
    },
  }));
  const send = async (message: Parameters<AppContext['mailer']['send']>[0]) => {
    live();
    return alive.mailer.send(message);
  };
  return {
    ctx: {
      ...alive,
      db,
      safeFetch: Object.assign(ask, { close: alive.safeFetch.close }),
      webSearch: { ...alive.webSearch, providers },
      mailer: { ...alive.mailer, send },
    },
    killed: () => count >= at,
  };
}

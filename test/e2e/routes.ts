import { readFileSync } from 'node:fs';

export interface WebRoute {
  /** As the router writes it: `/articles/$articleId`. */
  path: string;
  /** Whether it is there for who is not signed in. */
  door: boolean;
}

/** Every address of the web app's router, each once. */
export function webRoutes(): WebRoute[] {
  const source = readFileSync(new URL('../../web/router.tsx', import.meta.url), 'utf8');
  const found = new Map<string, { parent: string; path: string }>();
  for (const [, name = '', parent = '', path = ''] of source.matchAll(
    /const (\w+) = createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*(?:path: '([^']*)')?/g,
  )) {
    found.set(name, { parent, path });
  }
  const whole = (name: string): string => {
    const route = found.get(name);
    return route ? `${whole(route.parent)}${route.path === '/' ? '' : route.path}` : '';
  };
  const door = (name: string): boolean => found.get(name)?.parent === 'root' && name !== 'signedIn';
  return [...found.keys()]
    .map((name) => ({ path: whole(name) || '/', door: door(name) }))
    .filter(({ path }, index, all) => all.findIndex((other) => other.path === path) === index);
}

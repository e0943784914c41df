import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

/*
 * node deploy/fill-spec.ts <spec.yaml> <present spec as JSON, or -> <digest> <out.json>
 *
 * Makes the specification that is sent from the one in git: the digest of the image, and the values of type SECRET, each
 * from the environment where it is set there, else the encrypted one that the app has already. One that is in neither is left
 * out: it is optional, or, where the app cannot be without, an error. Prints names, never values.
 */

interface Variable {
  key: string;
  value?: string;
  type?: string;
}
interface Component {
  name: string;
  image?: { digest?: string };
  envs?: Variable[];
}
type Spec = Record<string, unknown> & { services?: Component[]; workers?: Component[]; jobs?: Component[] };

/** Without these the app does not start. */
const needed = ['APP_SECRET'];

const components = (spec: Spec) => [...(spec.services ?? []), ...(spec.workers ?? []), ...(spec.jobs ?? [])];

/** The specification with digest and secrets; `missing` names what the app needs and nobody has. */
export function fillSpec(
  spec: Spec,
  present: Spec | null,
  digest: string,
  env: Record<string, string | undefined>,
): { spec: Spec; missing: string[] } {
  const encrypted = new Map<string, string>();
  for (const { envs } of present ? components(present) : []) {
    for (const { key, value, type } of envs ?? []) {
      if (type === 'SECRET' && value?.startsWith('EV[')) encrypted.set(key, value);
    }
  }
  const missing = new Set<string>();
  const fill = (component: Component): Component => ({
    ...component,
    ...(component.image ? { image: { ...component.image, digest } } : {}),
    envs: (component.envs ?? []).flatMap((variable) => {
      if (variable.type !== 'SECRET') return [variable];
      const value = env[variable.key]?.trim() || encrypted.get(variable.key);
      if (value) return [{ ...variable, value }];
      if (needed.includes(variable.key)) missing.add(variable.key);
      return [];
    }),
  });
  const filled = { ...spec };
  for (const kind of ['services', 'workers', 'jobs'] as const) {
    const list = spec[kind];
    if (list) filled[kind] = list.map(fill);
  }
  return { spec: filled, missing: [...missing] };
}

if (import.meta.main) {
  const [file = '', presentFile = '', digest = '', out = ''] = process.argv.slice(2);
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error('The third argument is the digest of the image.');
  const present = presentFile === '-' ? null : JSON.parse(readFileSync(presentFile, 'utf8'));
  const { spec, missing } = fillSpec(parse(readFileSync(file, 'utf8')), present, digest, process.env);
  if (missing.length > 0) {
    console.error(`not set, neither in the environment nor in the app: ${missing.join(', ')}`);
    process.exitCode = 1;
  } else {
    writeFileSync(out, JSON.stringify(spec), { mode: 0o600 });
  }
}

import { readFileSync } from 'node:fs';

/** One instruction of a Dockerfile, its lines joined. */
export interface Instruction {
  name: string;
  value: string;
}

/** A stage of a Dockerfile: what it starts from, its name if it has one, and what is done in it. */
export interface Stage {
  from: string;
  name: string | null;
  instructions: Instruction[];
}

/** Reads a Dockerfile into its stages; arguments before the first FROM are filled in. */
export function readDockerfile(file: string | URL): Stage[] {
  const text = readFileSync(file, 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ');
  const defaults = new Map<string, string>();
  const stages: Stage[] = [];
  for (const line of text.split('\n').filter((line) => line.trim())) {
    const [, name = '', value = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (!name) throw new Error(`This is no instruction: ${line}`);
    if (name === 'FROM') {
      const [, from = '', as] = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(value) ?? [];
      stages.push({
        from: from.replace(/\$\{(\w+)\}/g, (_, key) => defaults.get(key) ?? ''),
        name: as ?? null,
        instructions: [],
      });
    } else if (stages.length === 0 && name === 'ARG') {
      const [key = '', standard = ''] = value.split('=');
      defaults.set(key, standard);
    } else stages.at(-1)?.instructions.push({ name, value });
  }
  return stages;
}

/** What a COPY takes and where it puts it; `stage` is null where it comes from the tree that is built. */
export function readCopy({ value }: Instruction): { stage: string | null; sources: string[]; target: string } {
  const words = value.split(/\s+/);
  const stage = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : null;
  return { stage: stage ?? null, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
}

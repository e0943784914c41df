import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Code, Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';

/** Something for the reader to do, and what they then see. */
export interface Example {
  /** The heading that it stands under, and its line, to find it by. */
  section: string;
  line: number;
  /** Shell commands; null for a file to save. */
  commands: string | null;
  file: { name: string; text: string } | null;
  /** What the commands print, as the guide shows it; null where it shows nothing, because there is nothing. */
  shown: { form: 'json' | 'http' | 'text'; text: string } | null;
}

/**
 * The examples of a document in their order: `sh` blocks are commands, a `json`, `http` or `text` block after one is what
 * it prints, and `ts NAME` is a file. Throws for a block that is none of these: nothing is shown that is not tried.
 */
export function readExamples(path: string): Example[] {
  const text = readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
  const examples: Example[] = [];
  let section = '';
  for (const node of fromMarkdown(text).children) {
    if (node.type === 'heading') section = textOf(node);
    if (node.type === 'code') addBlock(examples, node, section);
  }
  return examples;
}

function addBlock(examples: Example[], { lang, meta, value, position }: Code, section: string): void {
  const line = position?.start.line ?? 0;
  const last = examples.at(-1);
  if (lang === 'sh') examples.push({ section, line, commands: value, file: null, shown: null });
  else if (lang === 'ts' && meta) {
    examples.push({ section, line, commands: null, file: { name: meta, text: value }, shown: null });
  } else if ((lang === 'json' || lang === 'http' || lang === 'text') && last?.commands && !last.shown) {
    last.shown = { form: lang, text: value };
  } else throw new Error(`line ${line}: a block of ${lang ?? 'nothing'} that follows no command`);
}

function textOf(node: Nodes): string {
  if ('value' in node) return node.value;
  return 'children' in node ? node.children.map(textOf).join('') : '';
}

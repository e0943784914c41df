import { parse } from './parse.ts';

/** A block of a text: its source, and what stands before it. */
export interface SourceBlock {
  text: string;
  before: string;
}

/** Cuts a text into its blocks. Joined again, with what stands behind the last one, they are the text. */
export function sliceBlocks(markdown: string): { blocks: SourceBlock[]; after: string } {
  const mark = markdown.startsWith('\ufeff') ? '\ufeff' : '';
  const source = markdown.slice(mark.length);
  let end = 0;
  const blocks = parse(source).children.map((node, index) => {
    const start = blockStart(source, node.position?.start.offset ?? 0, end);
    const before = (index === 0 ? mark : '') + source.slice(end, start);
    end = node.position?.end.offset ?? start;
    return { text: source.slice(start, end), before };
  });
  return { blocks, after: source.slice(end) };
}

/** A block that is indented begins where its line does; `floor` is where the block before it ends. */
export function blockStart(source: string, start: number, floor: number): number {
  let begin = start;
  while (begin > floor && /[ \t]/.test(source.charAt(begin - 1))) begin -= 1;
  return begin === floor && floor > 0 ? start : begin;
}

import type { Node } from 'prosemirror-model';

/** A block as it was read: what it became, and the piece of Markdown that it was. */
export interface Origin {
  node: Node;
  source: string;
  /** What stands between the block before it and this one, or before the first one. */
  before: string;
  /** The origin of the block before it; null for the first one of a text. */
  previous: number | null;
  /** What stands behind it, where it is the last one of a text; null for any other. */
  after: string | null;
  /** The definitions that it refers to, as they were: label to address and title. */
  definitions: ReadonlyMap<string, string>;
}

/** How a document writes what Markdown has several forms for. */
export interface Style {
  bullet: '-' | '*' | '+';
  delimiter: '.' | ')';
  emphasis: '*' | '_';
  strong: '*' | '_';
  fence: '`' | '~';
  rule: '*' | '-' | '_';
  ruleSpaces: boolean;
  ruleRepetition: number;
  itemIndent: 'one' | 'tab';
  breakSpaces: boolean;
  lineEnd: '\n' | '\r\n';
}

/** What our own articles are written in. */
export const ownStyle: Style = {
  bullet: '-',
  delimiter: '.',
  emphasis: '*',
  strong: '*',
  fence: '`',
  rule: '-',
  ruleSpaces: false,
  ruleRepetition: 3,
  itemIndent: 'one',
  breakSpaces: false,
  lineEnd: '\n',
};

/**
 * What a document was read from, by the numbers that its blocks carry. A block that still is what it was read as is written
 * as its piece of source; so undoing a change brings the exact source back, too. It lives as long as the editor; every
 * reading (a merge, a restored draft, the source view) adds to it.
 */
export class Origins {
  private readonly known = new Map<number, Origin>();
  private last = 0;
  style: Style = ownStyle;
  /** The last whole text that was read, and what it became. */
  whole: { doc: Node; markdown: string } | null = null;
  /** What changed blocks have been written as. Nodes never change, so this stays right. */
  readonly written = new WeakMap<Node, { context: string; text: string }>();

  nextId(): number {
    this.last += 1;
    return this.last;
  }

  set(id: number, origin: Origin): void {
    this.known.set(id, origin);
  }

  /** Lets what was read after a block know it by its other number. */
  rename(numbers: ReadonlyMap<number, number>): void {
    for (const origin of this.known.values()) {
      const other = origin.previous === null ? undefined : numbers.get(origin.previous);
      if (other !== undefined) origin.previous = other;
    }
  }

  /** Where a block was read, whatever has become of it since; undefined for new ones. */
  of(node: Node): Origin | undefined {
    return this.known.get(node.attrs.origin);
  }
}

import { lift, setBlockType, toggleMark, wrapIn } from 'prosemirror-commands';
import { type Attrs, Fragment, type MarkType, type Node, type NodeType } from 'prosemirror-model';
import { liftListItem, wrapInList } from 'prosemirror-schema-list';
import { type Command, type EditorState, NodeSelection, TextSelection } from 'prosemirror-state';
import { schema } from './markdown/schema.ts';

const { nodes, marks } = schema;

/** What the toolbar shows of the place where the caret is. */
export interface Place {
  /** The kind of paragraph: `paragraph`, `heading2`, `code`; empty where it has none. */
  block: string;
  strong: boolean;
  em: boolean;
  code: boolean;
  link: boolean;
  bullet_list: boolean;
  ordered_list: boolean;
  tasks: boolean;
  blockquote: boolean;
  inTable: boolean;
  inCode: boolean;
  canUndo: boolean;
  canRedo: boolean;
}

export function isMarked(state: EditorState, type: MarkType): boolean {
  const { from, to, empty, $from } = state.selection;
  if (empty) return Boolean(type.isInSet(state.storedMarks ?? $from.marks()));
  return state.doc.rangeHasMark(from, to, type);
}

/** The nearest node around the selection that is one of `types`; null when there is none. */
export function around(
  state: EditorState,
  types: readonly NodeType[],
): { node: Node; depth: number; position: number } | null {
  const { $from } = state.selection;
  for (let { depth } = $from; depth > 0; depth -= 1) {
    const node = $from.node(depth);
    if (types.includes(node.type)) return { node, depth, position: $from.before(depth) };
  }
  return null;
}

export function blockOf(state: EditorState): string {
  const { parent } = state.selection.$from;
  if (parent.type === nodes.heading) return `heading${parent.attrs.level}`;
  if (parent.type === nodes.code_block) return 'code';
  return parent.type === nodes.paragraph ? 'paragraph' : '';
}

/** Makes the paragraphs of the selection text, a heading or code. */
export function setBlock(kind: string): Command {
  if (kind === 'code') return setBlockType(nodes.code_block);
  const level = Number(/^heading(\d)$/.exec(kind)?.[1] ?? 0);
  return level > 0 ? setBlockType(nodes.heading, { level }) : setBlockType(nodes.paragraph);
}

/** The same again makes a paragraph of it. */
export const toggleBlock =
  (kind: string): Command =>
  (state, dispatch) =>
    setBlock(blockOf(state) === kind ? 'paragraph' : kind)(state, dispatch);

const lists = [nodes.bullet_list, nodes.ordered_list];

/** Makes a list of the selection, another kind of list of the one it is in, or text again. */
export const toggleList =
  (type: NodeType, checked: boolean | null = null): Command =>
  (state, dispatch) => {
    const list = around(state, lists);
    if (!list) {
      return wrapInList(type)(
        state,
        dispatch &&
          ((tr) =>
            dispatch(
              checkItems(
                tr,
                around({ ...state, selection: tr.selection, doc: tr.doc } as EditorState, lists)?.position ?? null,
                checked,
              ),
            )),
      );
    }
    const isTasks = list.node.firstChild?.attrs.checked !== null;
    if (list.node.type === type && isTasks === (checked !== null))
      return liftListItem(nodes.list_item)(state, dispatch);
    if (dispatch) {
      const tr = state.tr.setNodeMarkup(list.position, type, {
        origin: list.node.attrs.origin,
        spread: list.node.attrs.spread,
      });
      dispatch(checkItems(tr, list.position, checked));
    }
    return true;
  };

function checkItems(tr: EditorState['tr'], position: number | null, checked: boolean | null): EditorState['tr'] {
  const list = position === null ? null : tr.doc.nodeAt(position);
  if (!list || position === null) return tr;
  list.forEach((item, offset) => {
    tr.setNodeMarkup(position + 1 + offset, null, { ...item.attrs, checked });
  });
  return tr;
}

export const toggleQuote: Command = (state, dispatch) =>
  around(state, [nodes.blockquote]) ? lift(state, dispatch) : wrapIn(nodes.blockquote)(state, dispatch);

/** A mark that ends where a line does and holds no code. */
export const toggle = (name: 'strong' | 'em' | 'strike' | 'code'): Command => toggleMark(marks[name]);

/** Puts a block behind the one with the caret; an empty paragraph makes room for it. */
export function insertBlock(state: EditorState, node: Node, caretInside = false): EditorState['tr'] {
  const { $from } = state.selection;
  const { tr } = state;
  const depth = 1;
  const top = $from.depth > 0 ? $from.node(depth) : null;
  const replaces = top?.type === nodes.paragraph && top.content.size === 0;
  const from = top ? (replaces ? $from.before(depth) : $from.after(depth)) : state.selection.to;
  const to = replaces ? $from.after(depth) : from;
  const isLast = to === state.doc.content.size;
  tr.replaceWith(from, to, Fragment.from(isLast && node.isAtom ? [node, nodes.paragraph.create()] : [node]));
  const selection = caretInside
    ? TextSelection.near(tr.doc.resolve(from + 1))
    : TextSelection.near(tr.doc.resolve(from + node.nodeSize));
  return tr.setSelection(selection).scrollIntoView();
}

export const insertRule: Command = (state, dispatch) => {
  dispatch?.(insertBlock(state, nodes.horizontal_rule.create()));
  return true;
};

export const insertTable: Command = (state, dispatch) => {
  const row = (type: NodeType) =>
    nodes.table_row.create(
      null,
      [0, 1, 2].map(() => type.create()),
    );
  const table = nodes.table.create(null, [row(nodes.table_header), row(nodes.table_cell), row(nodes.table_cell)]);
  dispatch?.(insertBlock(state, table, true));
  return true;
};

/** Sets a new footnote: its number at the caret, and a place for its text at the end of the article. */
export const insertFootnote: Command = (state, dispatch) => {
  if (!state.selection.$from.parent.inlineContent || state.selection.$from.parent.type.spec.code) return false;
  if (dispatch) {
    const taken = new Set<string>();
    state.doc.descendants((node) => {
      if (node.type === nodes.footnote || node.type === nodes.footnote_ref) taken.add(node.attrs.label);
    });
    let number = 1;
    while (taken.has(String(number))) number += 1;
    const label = String(number);
    const { tr } = state;
    const { to } = state.selection;
    tr.insert(to, nodes.footnote_ref.create({ label }));
    const end = tr.doc.content.size;
    tr.insert(end, nodes.footnote.create({ label }, nodes.paragraph.create()));
    dispatch(tr.setSelection(TextSelection.create(tr.doc, end + 2)).scrollIntoView());
  }
  return true;
};

/** The link around the caret or in the selection, with its whole reach. */
export function linkAt(state: EditorState): { from: number; to: number; attrs: Attrs } | null {
  const { from, to, $from, empty } = state.selection;
  const mark =
    marks.link.isInSet($from.marks()) ?? (empty ? undefined : marks.link.isInSet(state.doc.resolve(from + 1).marks()));
  if (!mark) return null;
  let [start, end] = [from, to];
  const { parent } = $from;
  const base = $from.start();
  parent.forEach((child, offset) => {
    if (!mark.isInSet(child.marks)) return;
    const [childFrom, childTo] = [base + offset, base + offset + child.nodeSize];
    if (childTo >= from && childFrom <= to) [start, end] = [Math.min(start, childFrom), Math.max(end, childTo)];
  });
  return { from: start, to: end, attrs: mark.attrs };
}

/** Sets, changes or (with null) removes a link; without a selection `text` is put there. */
export function setLink(href: string | null, text = ''): Command {
  return (state, dispatch) => {
    const { from, to } = linkAt(state) ?? state.selection;
    if (!dispatch) return true;
    const { tr } = state;
    tr.removeMark(from, to, marks.link);
    if (href !== null) {
      const mark = marks.link.create({ href });
      if (from === to) tr.insert(from, schema.text(text || href, [...(state.storedMarks ?? []), mark]));
      else tr.addMark(from, to, mark);
    }
    dispatch(tr);
    return true;
  };
}

export function selectedImage(state: EditorState): Node | null {
  const { selection } = state;
  return selection instanceof NodeSelection && selection.node.type === nodes.image ? selection.node : null;
}

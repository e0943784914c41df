import { baseKeymap, chainCommands, exitCode, selectParentNode } from 'prosemirror-commands';
import { dropCursor } from 'prosemirror-dropcursor';
import { gapCursor } from 'prosemirror-gapcursor';
import { history, redo, undo } from 'prosemirror-history';
import {
  InputRule,
  inputRules,
  textblockTypeInputRule,
  undoInputRule,
  wrappingInputRule,
} from 'prosemirror-inputrules';
import { keymap } from 'prosemirror-keymap';
import { Fragment, type MarkType } from 'prosemirror-model';
import { liftListItem, sinkListItem, splitListItem } from 'prosemirror-schema-list';
import { type Command, Plugin, TextSelection } from 'prosemirror-state';
import { goToNextCell, tableEditing } from 'prosemirror-tables';
import type { EditorView } from 'prosemirror-view';
import { numberCitations } from './citations.ts';
import { insertFootnote, setLink, toggle, toggleBlock, toggleList, toggleQuote } from './commands.ts';
import { readFragment, sliceOf, writeFragment } from './fragment.ts';
import type { Origins } from './markdown/origins.ts';
import { schema } from './markdown/schema.ts';
import { cleanPastedHtml } from './paste.ts';
import { imagePlaceholders } from './upload-images.ts';

const { nodes, marks } = schema;

interface Wishes {
  origins: Origins;
  onLink: () => void;
  onRevise: () => void;
  onSave: () => void;
  onToolbar: () => void;
  onImages: (view: EditorView, files: File[], position: number) => void;
}

/** Everything that the text does by itself: keys, marks typed as Markdown, history, tables, the clipboard. */
export function plugins(wishes: Wishes): Plugin[] {
  return [
    markdownAsItIsTyped(),
    leaveByTab(),
    keymap(keys(wishes)),
    keymap(baseKeymap),
    dropCursor({ color: 'var(--accent)', width: 2 }),
    gapCursor(),
    history(),
    numberCitations(),
    imagePlaceholders(),
    clipboard(wishes),
    tableEditing(),
  ];
}

const does =
  (act: () => void): Command =>
  () => {
    act();
    return true;
  };

function keys({ onLink, onRevise, onSave, onToolbar }: Wishes): Record<string, Command> {
  const hardBreak: Command = (state, dispatch) => {
    const { $from } = state.selection;
    if (!$from.parent.inlineContent || ['heading', 'table_cell', 'table_header'].includes($from.parent.type.name))
      return false;
    dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
    return true;
  };
  const headings = [1, 2, 3, 4].map((level) => [`Mod-Alt-${level}`, toggleBlock(`heading${level}`)] as const);
  return {
    'Mod-b': toggle('strong'),
    'Mod-i': toggle('em'),
    'Mod-e': toggle('code'),
    'Mod-Shift-x': toggle('strike'),
    'Mod-k': does(onLink),
    'Mod-j': does(onRevise),
    'Mod-s': does(onSave),
    'Alt-F10': does(onToolbar),
    ...Object.fromEntries(headings),
    'Mod-Alt-0': toggleBlock('paragraph'),
    'Mod-Alt-c': toggleBlock('code'),
    'Mod-Alt-f': insertFootnote,
    'Mod-Shift-7': toggleList(nodes.ordered_list),
    'Mod-Shift-8': toggleList(nodes.bullet_list),
    'Mod-Shift-9': toggleQuote,
    'Mod-z': undo,
    'Mod-Shift-z': redo,
    'Mod-y': redo,
    Backspace: undoInputRule,
    Enter: chainCommands(beginCode, splitItem),
    'Shift-Enter': chainCommands(exitCode, hardBreak),
    'Mod-Enter': chainCommands(exitCode, hardBreak),
    'Mod-]': sinkListItem(nodes.list_item),
    'Mod-[': liftListItem(nodes.list_item),
    'Shift-Escape': selectParentNode,
  };
}

/** ``` and Enter begin a block of code. */
const beginCode: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  const { parent } = $from;
  const fence = parent.type === nodes.paragraph && empty ? /^(?:```|~~~)([\w+#.-]*)$/.exec(parent.textContent) : null;
  if (!fence || $from.parentOffset !== parent.content.size) return false;
  const tr = state.tr.delete($from.start(), $from.end());
  dispatch?.(tr.setBlockType($from.start(), $from.start(), nodes.code_block, { lang: fence[1] || null }));
  return true;
};

/** The next item of a check list is open again. */
const splitItem: Command = (state, dispatch) => {
  const { $from } = state.selection;
  const item = $from.depth > 1 ? $from.node(-1) : null;
  const checked = item?.attrs.checked === undefined || item.attrs.checked === null ? null : false;
  return splitListItem(nodes.list_item, { checked })(state, dispatch);
};

/** Tab moves items of lists and goes from cell to cell; after Escape, and anywhere else, it leaves the text as it does everywhere. */
function leaveByTab(): Plugin {
  let leaving = false;
  return new Plugin({
    props: {
      handleKeyDown(view, event) {
        if (event.key === 'Escape') leaving = true;
        if (event.key !== 'Tab' || event.altKey || event.ctrlKey || event.metaKey) {
          if (event.key !== 'Escape' && event.key !== 'Shift') leaving = false;
          return false;
        }
        if (leaving) {
          leaving = false;
          return false;
        }
        const command = event.shiftKey
          ? chainCommands(goToNextCell(-1), liftListItem(nodes.list_item))
          : chainCommands(goToNextCell(1), sinkListItem(nodes.list_item));
        return command(view.state, view.dispatch);
      },
    },
  });
}

/** Sets a mark on what stands between its signs, once the last of them is typed. */
const markRule = (pattern: RegExp, type: MarkType) =>
  new InputRule(pattern, (state, match, start, end) => {
    const text = match[2];
    if (text === undefined || state.doc.rangeHasMark(start, end, marks.code)) return null;
    const lead = match[1]?.length ?? 0;
    const { tr } = state;
    const from = start + lead;
    const open = (match[0].length - lead - text.length + 1) >> 1;
    tr.delete(from + open + text.length, end);
    tr.delete(from, from + open);
    return tr.addMark(from, from + text.length, type.create()).removeStoredMark(type);
  });

function markdownAsItIsTyped(): Plugin {
  const codeFence = textblockTypeInputRule(/^(?:```|~~~)([\w+#.-]*)\s$/, nodes.code_block, (match) => ({
    lang: match[1] || null,
  }));
  return inputRules({
    rules: [
      textblockTypeInputRule(/^(#{1,6})\s$/, nodes.heading, (match) => ({ level: match[1]?.length ?? 1 })),
      wrappingInputRule(/^\s*>\s$/, nodes.blockquote),
      wrappingInputRule(/^\s*([-*+])\s$/, nodes.bullet_list, (match) => ({ marker: match[1] })),
      wrappingInputRule(
        /^\s*(\d{1,9})([.)])\s$/,
        nodes.ordered_list,
        (match) => ({ start: Number(match[1]), delimiter: match[2] }),
        (match, node) => node.childCount + node.attrs.start === Number(match[1]),
      ),
      new InputRule(/^\[([ xX]?)\]\s$/, (state, match, start, end) => {
        const { $from } = state.selection;
        const item = $from.depth > 1 ? $from.node(-1) : null;
        if (item?.type !== nodes.list_item || $from.index(-1) !== 0) return null;
        return state.tr.delete(start, end).setNodeAttribute($from.before(-1), 'checked', match[1]?.trim() !== '');
      }),
      codeFence,
      new InputRule(/^(?:---|___|\*\*\*)$/, (state, _match, start) => {
        const { $from } = state.selection;
        if ($from.depth !== 1 || $from.parent.type !== nodes.paragraph || $from.parent.content.size > 2) return null;
        return state.tr.replaceWith(
          start - 1,
          start - 1 + $from.parent.nodeSize,
          Fragment.from([nodes.horizontal_rule.create(), nodes.paragraph.create()]),
        );
      }),
      markRule(/(^|[^*])\*\*([^*\s](?:[^*]*[^*\s])?)\*\*$/, marks.strong),
      markRule(/(^|[^*])\*([^*\s](?:[^*]*[^*\s])?)\*$/, marks.em),
      markRule(/(^|[^\p{L}\p{N}_])_([^_\s](?:[^_]*[^_\s])?)_$/u, marks.em),
      markRule(/(^|[^`])`([^`]+)`$/, marks.code),
      markRule(/(^|[^~])~~([^~\s](?:[^~]*[^~\s])?)~~$/, marks.strike),
    ],
  });
}

/** An address that is pasted onto words of one paragraph links them; anything else is pasted as what it is. */
function linkSelection({ state, dispatch }: EditorView, text: string): boolean {
  const { selection } = state;
  if (!(selection instanceof TextSelection) || selection.empty || !/^https?:\/\/\S+$/i.test(text)) return false;
  const { $from, $to } = selection;
  if (!URL.canParse(text) || !$from.sameParent($to) || !$from.parent.type.allowsMarkType(schema.marks.link))
    return false;
  return setLink(text)(state, dispatch);
}

function clipboard({ origins, onImages }: Wishes): Plugin {
  const imagesOf = (data: DataTransfer | null) =>
    [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
  return new Plugin({
    props: {
      transformPastedHTML: (html) => (html.includes('data-pm-slice') ? html : cleanPastedHtml(html)),
      clipboardTextParser(text, $context, plain) {
        if (plain) {
          const lines = text
            .split(/(?:\r\n?|\n)+/)
            .map((line) => nodes.paragraph.create(null, line === '' ? [] : schema.text(line)));
          return sliceOf(lines);
        }
        return sliceOf(readFragment(text, $context.doc));
      },
      clipboardTextSerializer: (slice) => writeFragment(origins, slice.content),
      handlePaste(view, event) {
        if (linkSelection(view, event.clipboardData?.getData('text/plain').trim() ?? '')) return true;
        const files = imagesOf(event.clipboardData);
        // Word puts a picture of the text beside the text.
        if (files.length === 0 || event.clipboardData?.types.includes('text/html')) return false;
        onImages(view, files, view.state.selection.from);
        return true;
      },
      handleDrop(view, event, _slice, moved) {
        const files = imagesOf(event.dataTransfer);
        if (moved || files.length === 0) return false;
        event.preventDefault();
        const place = view.posAtCoords({ left: event.clientX, top: event.clientY });
        onImages(view, files, place?.pos ?? view.state.selection.from);
        return true;
      },
    },
  });
}

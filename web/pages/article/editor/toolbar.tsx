import {
  Bold,
  Code,
  ImagePlus,
  Italic,
  Link2,
  List,
  ListChecks,
  ListOrdered,
  type LucideIcon,
  Minus,
  Quote,
  Redo2,
  Superscript,
  Table2,
  Undo2,
} from 'lucide-react';
import { redo, redoDepth, undo, undoDepth } from 'prosemirror-history';
import type { Command, EditorState } from 'prosemirror-state';
import {
  addColumnAfter,
  addColumnBefore,
  addRowAfter,
  addRowBefore,
  deleteColumn,
  deleteRow,
  deleteTable,
  isInTable,
} from 'prosemirror-tables';
import { type KeyboardEvent, type Ref, useRef } from 'react';
import { cn } from '@/components/class-names.ts';
import { Select } from '@/components/ui/input.tsx';
import { editorWords as words } from '@/strings-editor.ts';
import {
  around,
  blockOf,
  insertFootnote,
  insertRule,
  insertTable,
  isMarked,
  type Place,
  setBlock,
  toggle,
  toggleList,
  toggleQuote,
} from './commands.ts';
import { schema } from './markdown/schema.ts';

const { nodes, marks } = schema;

/** What the toolbar has to know of a state. */
export function placeOf(state: EditorState): Place {
  const list = around(state, [nodes.bullet_list, nodes.ordered_list])?.node;
  const tasks = list?.firstChild?.attrs.checked != null;
  return {
    block: blockOf(state),
    strong: isMarked(state, marks.strong),
    em: isMarked(state, marks.em),
    code: isMarked(state, marks.code),
    link: isMarked(state, marks.link),
    bullet_list: list?.type === nodes.bullet_list && !tasks,
    ordered_list: list?.type === nodes.ordered_list,
    tasks,
    blockquote: around(state, [nodes.blockquote]) !== null,
    inTable: isInTable(state),
    inCode: state.selection.$from.parent.type === nodes.code_block,
    canUndo: undoDepth(state) > 0,
    canRedo: redoDepth(state) > 0,
  };
}

interface ToolbarProps {
  place: Place;
  ref: Ref<HTMLDivElement>;
  onCommand: (command: Command) => void;
  onLink: () => void;
  onImage: () => void;
  onLeave: () => void;
}

/** The formatting, as one stop of the keyboard: arrows go along it, Escape leads back into the text. */
export function Toolbar({ place, ref, onCommand, onLink, onImage, onLeave }: ToolbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      onLeave();
      return;
    }
    const stops = [...(bar.current?.querySelectorAll<HTMLElement>('button, select') ?? [])];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: stops.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const stop = stops[(next + stops.length) % stops.length];
    for (const one of stops) one.tabIndex = one === stop ? 0 : -1;
    stop?.focus();
  };
  const run = (command: Command) => () => onCommand(command);
  const { toolbar } = words;
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  const keys = (...names: string[]) =>
    names
      .map((name) => (apple ? name.replace('Ctrl', '⌘').replace('Alt', '⌥').replace('Shift', '⇧') : name))
      .join(apple ? '' : '+');
  return (
    <div
      ref={(element) => {
        bar.current = element;
        if (typeof ref === 'function') ref(element);
        else if (ref) ref.current = element;
      }}
      role="toolbar"
      aria-label={toolbar.label}
      aria-describedby="toolbar-hint"
      onKeyDown={onKeyDown}
      className="flex items-center gap-0.5 overflow-x-auto [scrollbar-width:none] sm:flex-wrap"
    >
      <span id="toolbar-hint" className="sr-only">
        {toolbar.hint}
      </span>
      <div className="w-25 shrink-0">
        <Select
          aria-label={toolbar.block}
          value={place.inTable ? '' : place.block}
          disabled={place.inTable}
          className="h-8 pl-2 border-transparent bg-transparent text-sm hover:bg-muted"
          onChange={(event) => onCommand(setBlock(event.target.value))}
        >
          {(place.block === '' || place.inTable) && <option value="">{place.inTable ? words.table.label : ''}</option>}
          {(['paragraph', 'heading1', 'heading2', 'heading3', 'heading4', 'heading5', 'heading6', 'code'] as const).map(
            (kind) => (
              <option key={kind} value={kind}>
                {toolbar.blocks[kind]}
              </option>
            ),
          )}
        </Select>
      </div>
      <Divider />
      <Tool
        icon={Bold}
        label={toolbar.bold}
        keys={keys('Ctrl', 'B')}
        pressed={place.strong}
        disabled={place.inCode}
        onClick={run(toggle('strong'))}
      />
      <Tool
        icon={Italic}
        label={toolbar.italic}
        keys={keys('Ctrl', 'I')}
        pressed={place.em}
        disabled={place.inCode}
        onClick={run(toggle('em'))}
      />
      <Tool
        icon={Code}
        label={toolbar.code}
        keys={keys('Ctrl', 'E')}
        pressed={place.code}
        disabled={place.inCode}
        onClick={run(toggle('code'))}
      />
      <Tool
        icon={Link2}
        label={toolbar.link}
        keys={keys('Ctrl', 'K')}
        pressed={place.link}
        disabled={place.inCode}
        onClick={onLink}
      />
      <Divider />
      <Tool
        icon={List}
        label={toolbar.bullets}
        keys={keys('Ctrl', 'Shift', '8')}
        pressed={place.bullet_list}
        disabled={place.inTable}
        onClick={run(toggleList(nodes.bullet_list))}
      />
      <Tool
        icon={ListOrdered}
        label={toolbar.numbers}
        keys={keys('Ctrl', 'Shift', '7')}
        pressed={place.ordered_list}
        disabled={place.inTable}
        onClick={run(toggleList(nodes.ordered_list))}
      />
      <Tool
        icon={ListChecks}
        label={toolbar.tasks}
        pressed={place.tasks}
        disabled={place.inTable}
        onClick={run(toggleList(nodes.bullet_list, false))}
      />
      <Tool
        icon={Quote}
        label={toolbar.quote}
        keys={keys('Ctrl', 'Shift', '9')}
        pressed={place.blockquote}
        disabled={place.inTable}
        onClick={run(toggleQuote)}
      />
      <Divider />
      <Tool icon={ImagePlus} label={toolbar.image} disabled={place.inCode} onClick={onImage} />
      <Tool icon={Table2} label={toolbar.table} disabled={place.inTable} onClick={run(insertTable)} />
      <Tool
        icon={Superscript}
        label={toolbar.footnote}
        keys={keys('Ctrl', 'Alt', 'F')}
        disabled={place.inCode}
        onClick={run(insertFootnote)}
      />
      <Tool icon={Minus} label={toolbar.rule} disabled={place.inTable} onClick={run(insertRule)} />
      <Divider />
      <Tool icon={Undo2} label={toolbar.undo} keys={keys('Ctrl', 'Z')} disabled={!place.canUndo} onClick={run(undo)} />
      <Tool icon={Redo2} label={toolbar.redo} keys={keys('Ctrl', 'Y')} disabled={!place.canRedo} onClick={run(redo)} />
      {place.inTable && (
        // biome-ignore lint/a11y/useSemanticElements: a part of the toolbar, not a group of fields
        <div
          role="group"
          aria-label={words.table.label}
          className="flex w-full shrink-0 flex-wrap border-t border-border pt-1 max-sm:w-max max-sm:flex-nowrap max-sm:border-0 max-sm:pt-0"
        >
          {tableCommands.map(([name, command]) => (
            <button
              key={name}
              type="button"
              tabIndex={-1}
              className={cn(tool, 'px-1.5 text-[0.8125rem]')}
              onClick={run(command)}
            >
              {words.table[name]}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

const tableCommands = [
  ['rowBefore', addRowBefore],
  ['rowAfter', addRowAfter],
  ['columnBefore', addColumnBefore],
  ['columnAfter', addColumnAfter],
  ['deleteRow', deleteRow],
  ['deleteColumn', deleteColumn],
  ['deleteTable', deleteTable],
] as const;

const tool =
  'inline-flex h-8 min-w-7 shrink-0 items-center justify-center rounded-md text-muted-foreground transition-colors hover:bg-muted hover:text-foreground aria-disabled:opacity-40 aria-pressed:bg-accent-soft aria-pressed:text-accent focus-visible:-outline-offset-2';

interface ToolProps {
  icon: LucideIcon;
  label: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

function Tool({ icon: Icon, label, keys, pressed, disabled = false, onClick }: ToolProps) {
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={label}
      aria-pressed={pressed}
      aria-disabled={disabled}
      aria-keyshortcuts={keys?.replace('Ctrl', 'Control')}
      title={keys ? `${label} (${keys})` : label}
      className={tool}
      // The selection in the text stays where it is.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => !disabled && onClick()}
    >
      <Icon aria-hidden="true" className="size-4.5" />
    </button>
  );
}

const Divider = () => <span aria-hidden="true" className="mx-0.5 h-5 w-px shrink-0 bg-border" />;

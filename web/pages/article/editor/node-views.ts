import { DOMSerializer, type Node } from 'prosemirror-model';
import type { Decoration, EditorView, NodeViewConstructor } from 'prosemirror-view';
import { editorWords as words } from '@/strings-editor.ts';
import { foreignHost, namedImage } from '../foreign-image.ts';
import { readFragment } from './fragment.ts';

function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: (HTMLElement | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A citation shows its number, and says what it points at to whoever hears the page. */
const citation: NodeViewConstructor = (_node, _view, _position, decorations) => {
  const number = element('span', { role: 'img' });
  const dom = element('sup', { class: 'citation', contenteditable: 'false' }, number);
  const draw = (list: readonly Decoration[]) => {
    const found = list.find(({ spec }) => 'label' in spec)?.spec;
    const shown = found?.number === undefined ? '?' : String(found.number);
    number.textContent = shown;
    number.setAttribute(
      'aria-label',
      found?.number === undefined ? words.citationLost : words.citation(shown, String(found.text ?? '')),
    );
    dom.toggleAttribute('data-lost', found?.number === undefined);
  };
  draw(decorations);
  return {
    dom,
    update(node, next) {
      if (node.type.name !== 'footnote_ref') return false;
      draw(next);
      return true;
    },
  };
};

const keptMark = /^<!-- kept from the site: ([\w/-]{1,80}) [\da-f]{16} -->$/;

function nameOf({ attrs }: Node): string {
  const kept = keptMark.exec(String(attrs.source).trim())?.[1];
  if (kept) return words.raw.kept(kept);
  return attrs.kind === 'definition' ? words.raw.definition : words.raw.html;
}

/** What Markdown has no form for: its source, which can be changed or deleted as a whole. */
const raw: NodeViewConstructor = (node, view, position) => {
  let current = node;
  let editing = false;
  const source = element('pre', { class: 'raw-source', dir: 'auto' }, String(node.attrs.source));
  const name = element('span', { class: 'raw-name' }, nameOf(node));
  const edit = element('button', { type: 'button' }, words.raw.edit);
  const remove = element('button', { type: 'button' }, words.raw.remove);
  const dom = element(
    'div',
    { class: 'raw-block', contenteditable: 'false' },
    element('div', { class: 'raw-head' }, name, edit, remove),
    source,
  );
  const place = () => position() ?? 0;
  const replaceBy = (nodes: Node[]) => {
    view.dispatch(view.state.tr.replaceWith(place(), place() + current.nodeSize, nodes).scrollIntoView());
    view.focus();
  };
  const area = element('textarea', {
    'aria-label': words.raw.source,
    class: 'raw-source',
    rows: '4',
    spellcheck: 'false',
  });
  const finish = () => {
    if (!editing) return;
    editing = false;
    edit.textContent = words.raw.edit;
    area.replaceWith(source);
    if (area.value === current.attrs.source) return;
    replaceBy(area.value.trim() === '' ? [] : readFragment(area.value, view.state.doc));
  };
  edit.addEventListener('click', () => {
    if (editing) {
      finish();
      return;
    }
    editing = true;
    edit.textContent = words.raw.done;
    area.value = String(current.attrs.source);
    area.rows = Math.min(20, area.value.split('\n').length + 1);
    source.replaceWith(area);
    area.focus();
  });
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || (event.key === 'Enter' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      finish();
    }
  });
  area.addEventListener('blur', (event) => {
    if (event.relatedTarget !== edit) finish();
  });
  remove.addEventListener('click', () => replaceBy([]));
  return {
    dom,
    update(next) {
      if (next.type.name !== 'raw') return false;
      current = next;
      source.textContent = String(next.attrs.source);
      name.textContent = nameOf(next);
      return true;
    },
    stopEvent: (event) =>
      event.target instanceof globalThis.Node &&
      (area.contains(event.target) || edit.contains(event.target) || remove.contains(event.target)),
    ignoreMutation: () => true,
  };
};

/** An item of a check list has its box. */
const listItem: NodeViewConstructor = (node, view, position) => {
  const contentDOM = element('div', { class: 'item-text' });
  const box = element('input', { type: 'checkbox', 'aria-label': words.taskDone });
  const dom = element('li');
  const draw = ({ attrs }: Node) => {
    if (attrs.checked === null) dom.replaceChildren(contentDOM);
    else dom.replaceChildren(element('span', { contenteditable: 'false', class: 'item-box' }, box), contentDOM);
    dom.toggleAttribute('data-task', attrs.checked !== null);
    box.checked = attrs.checked === true;
  };
  let current = node;
  draw(node);
  box.addEventListener('change', () => {
    const place = position();
    if (place !== undefined) view.dispatch(view.state.tr.setNodeAttribute(place, 'checked', box.checked));
  });
  return {
    dom,
    contentDOM,
    update(next) {
      if (next.type.name !== 'list_item') return false;
      if (next.attrs.checked !== current.attrs.checked) draw(next);
      current = next;
      return true;
    },
    stopEvent: (event) => event.target === box,
    ignoreMutation: (mutation) => mutation.type !== 'selection' && !contentDOM.contains(mutation.target),
  };
};

/** An image, which is only named where it lies on another host. */
const image: NodeViewConstructor = (node) => {
  const { src, alt } = node.attrs as { src: string; alt: string };
  const host = foreignHost(src, window.location.origin);
  const dom =
    host === null
      ? (DOMSerializer.fromSchema(node.type.schema).serializeNode(node) as HTMLElement)
      : namedImage(document, { src, alt }, host, false);
  return { dom };
};

/** How the nodes show themselves that are more than an element. */
export const nodeViews: ConstructorParameters<typeof EditorView>[1]['nodeViews'] = {
  footnote_ref: citation,
  image,
  raw,
  list_item: listItem,
};

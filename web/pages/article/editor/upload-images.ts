import { Plugin, PluginKey } from 'prosemirror-state';
import { Decoration, DecorationSet, type EditorView } from 'prosemirror-view';
import { uploadImage } from '@/api/upload-image.ts';
import { editorWords as words } from '@/strings-editor.ts';
import { schema } from './markdown/schema.ts';

interface Change {
  add?: { id: object; position: number };
  remove?: { id: object };
}
const placeholders = new PluginKey<DecorationSet>('image placeholders');

/** Marks where an image comes in while it is on its way; the mark moves along with the text. */
export function imagePlaceholders(): Plugin<DecorationSet> {
  return new Plugin<DecorationSet>({
    key: placeholders,
    state: {
      init: () => DecorationSet.empty,
      apply(tr, set) {
        const mapped = set.map(tr.mapping, tr.doc);
        const change: Change | undefined = tr.getMeta(placeholders);
        if (change?.add) {
          const { id, position } = change.add;
          const widget = () =>
            Object.assign(document.createElement('span'), {
              className: 'image-coming',
              textContent: words.image.uploading,
            });
          return mapped.add(tr.doc, [Decoration.widget(position, widget, { id })]);
        }
        const gone = change?.remove;
        return gone ? mapped.remove(mapped.find(undefined, undefined, (spec) => spec.id === gone.id)) : mapped;
      },
    },
    props: { decorations: (state) => placeholders.getState(state) },
  });
}

/** Uploads images into the library and puts them into the text where they were dropped. `failed` hears of each that was not taken. */
export async function uploadInto(
  view: EditorView,
  files: readonly File[],
  position: number,
  failed: (error: unknown) => void,
): Promise<void> {
  for (const file of files) {
    const id = {};
    view.dispatch(view.state.tr.setMeta(placeholders, { add: { id, position } } satisfies Change));
    let image: { url: string; alt: string } | null = null;
    try {
      image = await uploadImage(file);
    } catch (error) {
      failed(error);
    }
    if (view.isDestroyed) return;
    const place = placeholders.getState(view.state)?.find(undefined, undefined, (spec) => spec.id === id)[0]?.from;
    const { tr } = view.state;
    tr.setMeta(placeholders, { remove: { id } } satisfies Change);
    if (image && place !== undefined) tr.insert(place, schema.node('image', { src: image.url, alt: image.alt }));
    view.dispatch(tr);
  }
}

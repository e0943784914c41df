import { useInfiniteQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { listImagesInfiniteOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { Image } from '@/api/client/types.gen.ts';
import { uploadTypes } from '@/api/upload-image.ts';
import { Button } from '@/components/ui/button.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { editorWords as words } from '@/strings-editor.ts';

/** What a person types as an address, as a link needs it; null for what is none or would run something. */
export function linkAddress(typed: string): string | null {
  const text = typed.trim();
  if (/^(?:https?:\/\/|mailto:)\S+$/i.test(text) || /^\/(?!\/)\S*$/.test(text)) return text;
  if (/^[^\s:/@]+@[^\s:/@]+\.[^\s:/@]+$/.test(text)) return `mailto:${text}`;
  return /^(?:[\p{L}\d-]+\.)+[\p{L}]{2,}(?:[/?#:]\S*)?$/u.test(text) ? `https://${text}` : null;
}

interface LinkDialogProps {
  /** The address that is there already. */
  href: string | null;
  /** Whether there is a text to link; without one it is asked for. */
  hasText: boolean;
  onSet: (href: string | null, text: string) => void;
  onClose: () => void;
}

export function LinkDialog({ href, hasText, onSet, onClose }: LinkDialogProps) {
  const [address, setAddress] = useState(href ?? '');
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const target = linkAddress(address);
    setWrong(target === null);
    if (target !== null) onSet(target, String(new FormData(event.currentTarget).get('text') ?? ''));
  };
  return (
    <Dialog title={words.link.title} narrow onClose={onClose}>
      <form onSubmit={submit} noValidate className="grid gap-4 p-4 sm:p-6">
        <Field label={words.link.address} hint={words.link.addressHint} error={wrong ? words.link.wrong : undefined}>
          {(control) => (
            <Input
              {...control}
              autoFocus
              inputMode="url"
              autoComplete="off"
              value={address}
              onChange={(event) => setAddress(event.target.value)}
            />
          )}
        </Field>
        {!hasText && (
          <Field label={words.link.text}>{(control) => <Input {...control} name="text" autoComplete="off" />}</Field>
        )}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary">
            {words.link.set}
          </Button>
          {href !== null && (
            <Button variant="danger" onClick={() => onSet(null, '')}>
              {words.link.remove}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

interface ImageDialogProps {
  image: { src: string; alt: string; title: string | null };
  onSet: (change: { alt: string; title: string | null }) => void;
  onRemove: () => void;
  onClose: () => void;
}

/** Describes an image of the text. */
export function ImageDialog({ image, onSet, onRemove, onClose }: ImageDialogProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    onSet({ alt: text('alt'), title: text('title') || null });
  };
  return (
    <Dialog title={words.image.title} narrow onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4 p-4 sm:p-6">
        <Field label={words.image.alt} hint={words.image.altHint}>
          {(control) => <Input {...control} autoFocus name="alt" defaultValue={image.alt} maxLength={500} />}
        </Field>
        <Field label={words.image.caption}>
          {(control) => <Input {...control} name="title" defaultValue={image.title ?? ''} maxLength={500} />}
        </Field>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary">
            {words.image.set}
          </Button>
          <Button variant="danger" onClick={onRemove}>
            {words.image.remove}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ImageChooserProps {
  onFile: (files: File[]) => void;
  onImage: (image: Image) => void;
  onClose: () => void;
}

/** An image for the text: a new one, or one of the library. */
export function ImageChooser({ onFile, onImage, onClose }: ImageChooserProps) {
  const list = useInfiniteQuery({
    ...listImagesInfiniteOptions({ query: { limit: 24 } }),
    initialPageParam: {},
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const images = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Dialog title={words.image.choose} onClose={onClose}>
      <div className="grid grid-cols-1 gap-4 p-4 sm:p-6">
        <Field label={words.image.upload}>
          {(control) => (
            <input
              {...control}
              type="file"
              accept={uploadTypes}
              className="text-sm file:mr-3 file:h-9 file:rounded-lg file:border file:border-border file:bg-card file:px-3 file:font-medium"
              onChange={(event) => {
                const files = [...(event.target.files ?? [])];
                if (files.length > 0) onFile(files);
              }}
            />
          )}
        </Field>
        <section className="grid gap-2">
          <h3 className="text-sm font-semibold">{words.image.yours}</h3>
          {list.isSuccess && images.length === 0 && <p className="text-muted-foreground">{words.image.none}</p>}
          <ul className="grid grid-cols-2 gap-2 sm:grid-cols-4">
            {images.map((image) => (
              <li key={image.id}>
                <button
                  type="button"
                  aria-label={words.image.insert(image.name)}
                  onClick={() => onImage(image)}
                  className="block w-full overflow-hidden rounded-md border border-border"
                >
                  <img
                    src={`${image.url}?width=320`}
                    alt=""
                    loading="lazy"
                    className="aspect-video w-full object-cover"
                  />
                </button>
              </li>
            ))}
          </ul>
          {list.hasNextPage && (
            <Button size="small" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {words.image.more}
            </Button>
          )}
        </section>
      </div>
    </Dialog>
  );
}

import { type ReactNode, useMemo } from 'react';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { t } from '@/strings.ts';
import { editedWords } from '@/strings-edited.ts';
import { editorWords } from '@/strings-editor.ts';
import { useLiveCheck } from '../assist/check-context.ts';
import type { EditorSession } from './session.ts';
import { useShown } from './use-session.ts';
import type { FieldName } from './values.ts';

const words = editorWords.search;

/** What a result has room for, in pixels, as search engines show them on a wide screen (Arial, 20 and 14 pixels). */
const room = {
  metaTitle: { px: 580, font: '20px Arial, sans-serif' },
  metaDescription: { px: 920, font: '14px Arial, sans-serif' },
};

const pen = document.createElement('canvas').getContext('2d');
function widthOf(text: string, font: string): number {
  if (!pen) return 0;
  pen.font = font;
  return pen.measureText(text).width;
}

/** As much of a text as fits, cut at a word as search engines do it. */
function fitting(text: string, { px, font }: { px: number; font: string }): string {
  if (widthOf(text, font) <= px) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (widthOf(`${text.slice(0, middle)} …`, font) <= px) low = middle;
    else high = middle - 1;
  }
  const cut = text.slice(0, low);
  return `${/\s/.test(cut) ? cut.replace(/\s+\S*$/, '') : cut} …`;
}

/** How the article presents itself to search engines, with what a result will look like while one types. */
export function SearchFields({ session }: { session: EditorSession }) {
  const { fields } = useShown(session);
  const title = fields.metaTitle || fields.title;
  const description = fields.metaDescription || fields.excerpt;
  const shown = useMemo(
    () => ({ title: fitting(title, room.metaTitle), description: fitting(description, room.metaDescription) }),
    [title, description],
  );
  const control = (name: FieldName) => ({
    id: `article-${name}`,
    'data-field': name,
    value: fields[name],
    dir: 'auto',
    onChange: (event: { target: { value: string } }) => session.setField(name, event.target.value),
    onBlur: () => void session.flush(),
  });
  const stale = useLiveCheck()?.check?.stale ?? [];
  /** Above the hint: what the text says no more. */
  const left = (name: FieldName, hint: ReactNode) => {
    const gone = stale.find(({ field }) => field === name)?.gone;
    if (!gone) return hint;
    return (
      <>
        <span className="block text-warning">
          {editedWords.stale.gone(gone.map((word) => t.common.quote(word)).join(', '))}
        </span>
        {hint}
      </>
    );
  };
  const measure = (name: 'metaTitle' | 'metaDescription', fallback: string) => {
    const text = fields[name];
    if (text === '') return fallback;
    const fits = widthOf(text, room[name].font) <= room[name].px;
    return (
      <span className={fits ? undefined : 'text-warning'}>{(fits ? words.fits : words.long)([...text].length)}</span>
    );
  };
  return (
    <section aria-label={words.title} className="grid grid-cols-1 gap-4 border-b border-border p-4">
      <div>
        <h3 className="mb-1.5 text-sm font-semibold">{words.preview}</h3>
        <div className="rounded-lg border border-border bg-background p-3.5" dir="auto">
          <p className="truncate text-sm text-muted-foreground">
            {t.seo.yourSite} › {fields.slug}
          </p>
          <p className="mt-0.5 text-lg leading-snug text-accent">{shown.title}</p>
          <p className="mt-0.5 text-sm text-muted-foreground">{shown.description || t.seo.noDescription}</p>
        </div>
      </div>
      <Field label={words.metaTitle} hint={left('metaTitle', measure('metaTitle', words.usesTitle))}>
        {(given) => <Input {...given} {...control('metaTitle')} id={given.id} maxLength={300} />}
      </Field>
      <Field
        label={words.metaDescription}
        hint={left('metaDescription', measure('metaDescription', words.usesExcerpt))}
      >
        {(given) => <Textarea {...given} {...control('metaDescription')} id={given.id} maxLength={1000} />}
      </Field>
      <Field label={words.slug}>
        {(given) => (
          <Input
            {...given}
            {...control('slug')}
            id={given.id}
            maxLength={200}
            autoCapitalize="none"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label={words.keyword} hint={words.keywordHint}>
        {(given) => <Input {...given} {...control('keyword')} id={given.id} maxLength={100} />}
      </Field>
      <Field
        label={words.excerpt}
        hint={left('excerpt', `${words.excerptHint} ${words.count([...fields.excerpt].length)}.`)}
      >
        {(given) => <Textarea {...given} {...control('excerpt')} id={given.id} maxLength={1000} />}
      </Field>
    </section>
  );
}

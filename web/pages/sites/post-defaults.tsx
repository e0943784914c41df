import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { siteChoicesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import type { SiteSettings } from '@/api/client/types.gen.ts';
import { Choice } from '@/components/ui/choice.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Select } from '@/components/ui/input.tsx';
import { t } from '@/strings.ts';
import { TermField } from './term-field.tsx';

/** What a post has beside the article's text; the settings of a site fit it. */
export type PostDefaultsValue = Pick<
  SiteSettings,
  | 'categories'
  | 'tags'
  | 'authorId'
  | 'comments'
  | 'template'
  | 'featuredImage'
  | 'cardBackground'
  | 'cardText'
  | 'jsonLd'
>;

interface PostDefaultsProps {
  /** The site whose categories, tags, authors and templates are offered. */
  siteId: string;
  value: PostDefaultsValue;
  onChange: (change: Partial<PostDefaultsValue>) => void;
  /** What is wrong with a field, by its name. */
  errorAt?: (name: keyof PostDefaultsValue) => string | undefined;
  /** Without the featured image and its colours, where those are chosen elsewhere. */
  withoutImage?: boolean;
}

const firstColours = { cardBackground: '#1e293b', cardText: '#ffffff' };

/**
 * Categories, tags, author, comments, template, featured image and JSON-LD of posts on a site. What the site has is read
 * from it live and only suggested: everything can be chosen while it does not answer.
 */
export function PostDefaults({ siteId, value, onChange, errorAt, withoutImage }: PostDefaultsProps) {
  const [search, setSearch] = useState('');
  const all = { path: { id: siteId } };
  const asked = { staleTime: 60_000, retry: false };
  const choices = useQuery({ ...siteChoicesOptions(all), ...asked });
  const found = useQuery({
    ...siteChoicesOptions({ ...all, query: { search } }),
    ...asked,
    enabled: search !== '',
    placeholderData: keepPreviousData,
  });
  const [typed, setTyped] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.length >= 2 ? typed : ''), 300);
    return () => clearTimeout(timer);
  }, [typed]);
  const { authors = [], templates = [] } = choices.data ?? {};
  const { categories = [], tags = [] } = (search && found.data) || (choices.data ?? {});
  const words = t.postDefaults;
  const options = <Value extends string>(labels: Record<Value, string>) =>
    (Object.keys(labels) as Value[]).map((key) => ({ value: key, label: labels[key] }));
  const ownColours = value.cardBackground !== null || value.cardText !== null;
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <TermField
        label={words.categories}
        value={value.categories}
        onChange={(names) => onChange({ categories: names })}
        suggestions={categories.map(({ name }) => name)}
        onSearch={setTyped}
        max={20}
        error={errorAt?.('categories')}
      />
      <TermField
        label={words.tags}
        value={value.tags}
        onChange={(names) => onChange({ tags: names })}
        suggestions={tags.map(({ name }) => name)}
        onSearch={setTyped}
        max={50}
        error={errorAt?.('tags')}
      />
      {choices.error && (
        <p role="status" className="text-sm text-muted-foreground sm:col-span-2">
          {words.notRead} {choices.error.detail}
        </p>
      )}
      <Field label={words.author} error={errorAt?.('authorId')}>
        {(control) => (
          <Select
            {...control}
            value={value.authorId ?? ''}
            onChange={(event) => onChange({ authorId: event.target.value ? Number(event.target.value) : null })}
          >
            <option value="">{words.authorSelf}</option>
            {value.authorId !== null && !authors.some(({ id }) => id === value.authorId) && (
              <option value={value.authorId}>{words.authorOther(value.authorId)}</option>
            )}
            {authors.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={words.template} error={errorAt?.('template')}>
        {(control) => (
          <Select
            {...control}
            value={value.template ?? ''}
            onChange={(event) => onChange({ template: event.target.value || null })}
          >
            <option value="">{words.templateOwn}</option>
            {value.template && !templates.some(({ file }) => file === value.template) && (
              <option value={value.template}>{value.template}</option>
            )}
            {templates.map(({ file, name }) => (
              <option key={file} value={file}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Choice
        legend={words.comments}
        value={value.comments}
        options={options(words.commentChoices)}
        onChange={(comments) => onChange({ comments })}
      />
      <Choice
        legend={words.jsonLd}
        value={value.jsonLd}
        options={options(words.jsonLdChoices)}
        onChange={(jsonLd) => onChange({ jsonLd })}
      />
      {!withoutImage && (
        <div className="grid content-start gap-2 sm:col-span-2">
          <Choice
            legend={words.featuredImage}
            value={value.featuredImage}
            options={options(words.featuredImages)}
            onChange={(featuredImage) => onChange({ featuredImage })}
          />
          <p className="text-sm text-muted-foreground">{words.featuredImageHint}</p>
          {value.featuredImage === 'card' && (
            <label className="flex items-center gap-3 text-sm">
              <input
                type="checkbox"
                checked={ownColours}
                onChange={(event) =>
                  onChange(event.target.checked ? firstColours : { cardBackground: null, cardText: null })
                }
                className="size-4 shrink-0 accent-accent"
              />
              {words.ownColours}
            </label>
          )}
          {value.featuredImage === 'card' && ownColours && (
            <div className="grid max-w-xs grid-cols-2 gap-4">
              {(['cardBackground', 'cardText'] as const).map((name) => (
                <Field key={name} label={words[name]} error={errorAt?.(name)}>
                  {(control) => (
                    <Input
                      {...control}
                      type="color"
                      value={value[name] ?? firstColours[name]}
                      onChange={(event) => onChange({ [name]: event.target.value })}
                      className="p-1"
                    />
                  )}
                </Field>
              ))}
            </div>
          )}
        </div>
      )}
    </div>
  );
}

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import {
  generateImageMutation,
  getImageSettingsOptions,
  listImagesQueryKey,
} from '@/api/client/@tanstack/react-query.gen.ts';
import type { Article } from '@/api/client/types.gen.ts';
import { ProblemNotice } from '@/components/notice.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { formatPrice } from '@/format/money.ts';
import { imageWords } from '@/strings-images.ts';

interface GenerateImageProps {
  article: Article;
  disabled: boolean;
  /** Told the image that was made, or found: the same prompt is paid once. */
  onMade: (id: string) => void;
}

/** Has the instance's model make an image for an article. What was asked for stays in its field whatever comes of it. */
export function GenerateImage({ article, disabled, onMade }: GenerateImageProps) {
  const queries = useQueryClient();
  const settings = useQuery(getImageSettingsOptions());
  const [prompt, setPrompt] = useState(() => imageWords.promptFor(article.title));
  const [made, setMade] = useState<string | null>(null);
  const make = useMutation({
    ...generateImageMutation(),
    onSuccess: ({ id }) => {
      setMade(prompt);
      onMade(id);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: listImagesQueryKey() }),
  });
  const again = made === prompt;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!make.isPending) make.mutate({ body: { prompt, articleId: article.id, again } });
  };
  if (settings.error) return <ProblemNotice problem={settings.error} />;
  if (!settings.data) return null;
  const { model, priceMicroUsd, ownKey } = settings.data;
  if (model === null) return <p className="text-sm text-muted-foreground">{imageWords.noModel}</p>;
  if (priceMicroUsd === null) return <p className="text-sm text-muted-foreground">{imageWords.noPrice(model)}</p>;
  const price = ownKey ? imageWords.ownPrice : imageWords.price;
  return (
    <form onSubmit={onSubmit} aria-label={imageWords.generate} className="grid gap-3">
      <h3 className="text-sm font-semibold">{imageWords.generate}</h3>
      <Field label={imageWords.prompt} hint={imageWords.promptHint}>
        {(control) => (
          <Textarea
            {...control}
            value={prompt}
            minLength={3}
            maxLength={2000}
            required
            onChange={(event) => setPrompt(event.target.value)}
          />
        )}
      </Field>
      <p className="text-sm text-muted-foreground">{price(formatPrice(priceMicroUsd), model)}</p>
      <div className="flex flex-wrap items-center gap-3">
        <Button size="small" type="submit" disabled={disabled || make.isPending}>
          {again ? imageWords.makeAnother : imageWords.make}
        </Button>
        <p aria-live="polite" className="text-sm text-muted-foreground">
          {make.isPending ? imageWords.making : make.isSuccess && again ? imageWords.made : ''}
        </p>
      </div>
      {make.error && <ProblemNotice problem={make.error} />}
    </form>
  );
}

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { listWebhookEventTypesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { createWebhook } from '@/api/client/sdk.gen.ts';
import type { CreateWebhookData, CreateWebhookResponse } from '@/api/client/types.gen.ts';
import { Form, missing, TextField, useForm } from '@/components/form.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { FieldError } from '@/components/ui/field.tsx';
import { SkeletonRows } from '@/components/ui/skeleton.tsx';
import { t } from '@/strings.ts';
import { webhookWords as words } from '@/strings-outbox.ts';

type EventType = NonNullable<CreateWebhookData['body']>['events'][number];

/** Adds a webhook: where to, and of which events. */
export function WebhookForm({
  onMade,
  onCancel,
}: {
  onMade: (made: CreateWebhookResponse) => void;
  onCancel: () => void;
}) {
  const types = useQuery(listWebhookEventTypesOptions());
  const [chosen, setChosen] = useState<ReadonlySet<EventType>>(new Set());
  const form = useForm({
    names: ['url', 'description', 'events'],
    check: (values) => ({ ...missing(values, 'url'), ...(chosen.size === 0 ? { events: words.noEvents } : {}) }),
    send: ({ url, description }, attempt) =>
      createWebhook({
        body: { url, description, events: [...chosen] },
        headers: { 'Idempotency-Key': attempt.key },
        throwOnError: true,
      }),
    onDone: ({ data }) => onMade(data),
    fieldOfCode: { fetch_blocked: 'url' },
    keep: 'webhook',
  });
  const toggle = (type: EventType, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(type);
    else next.delete(type);
    setChosen(next);
  };
  return (
    <Card className="p-4 sm:p-6">
      <h2 className="mb-5 text-lg font-semibold">{words.createTitle}</h2>
      <Form
        form={form}
        submit={words.submit}
        busy={words.busy}
        className="max-w-xl"
        actions={
          <Button variant="ghost" onClick={onCancel}>
            {t.common.cancel}
          </Button>
        }
      >
        <TextField
          form={form}
          name="url"
          type="url"
          inputMode="url"
          label={words.url}
          hint={words.urlHint}
          placeholder="https://example.com/hooks"
          autoComplete="off"
          autoFocus
        />
        <TextField form={form} name="description" label={words.description} autoComplete="off" maxLength={200} />
        <fieldset className="grid gap-2.5">
          <legend className="mb-1.5 text-sm font-medium">{words.events}</legend>
          {types.data ? (
            <>
              <Button
                size="small"
                className="justify-self-start"
                onClick={() => setChosen(new Set(types.data.items.map(({ type }) => type as EventType)))}
              >
                {words.all}
              </Button>
              {types.data.items.map(({ type, description }) => (
                <label key={type} className="flex cursor-pointer items-start gap-3">
                  <input
                    type="checkbox"
                    name="events"
                    value={type}
                    checked={chosen.has(type as EventType)}
                    aria-invalid={form.mistakes.events ? true : undefined}
                    aria-describedby="events-error"
                    onChange={(event) => toggle(type as EventType, event.target.checked)}
                    className="mt-1 size-4 shrink-0 accent-accent"
                  />
                  <span>
                    <code className="block font-mono text-sm font-medium">{type}</code>
                    <span className="block text-sm text-muted-foreground">{description}</span>
                  </span>
                </label>
              ))}
            </>
          ) : (
            <SkeletonRows rows={4} />
          )}
          <FieldError id="events-error" error={form.mistakes.events} />
        </fieldset>
      </Form>
    </Card>
  );
}

import { FileText, Upload, X } from 'lucide-react';
import { useRef } from 'react';
import { SiteSelect } from '@/components/site-select.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Field, FieldError } from '@/components/ui/field.tsx';
import { Select, Textarea } from '@/components/ui/input.tsx';
import { formatBytes } from '@/format/bytes.ts';
import { t } from '@/strings.ts';
import { topicImportWords } from '@/strings-topic-intake.ts';
import type { Import } from './use-import.ts';
import { useSites } from './use-sites.ts';

const words = topicImportWords;

/** The list to import: pasted, or a file, with what cannot be seen by looking at it. */
export function ImportForm({ job }: { job: Import }) {
  const { values, file, mistake, change } = job;
  const { sites } = useSites();
  const input = useRef<HTMLInputElement>(null);
  return (
    <Card className="p-4 sm:p-6">
      <form
        noValidate
        className="grid grid-cols-1 gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (!job.looking) job.look();
        }}
      >
        {file ? (
          <div className="grid gap-1.5">
            <p className="text-sm font-medium">{words.list}</p>
            <div className="flex flex-wrap items-center justify-between gap-3 rounded-lg border border-border bg-muted px-4 py-3">
              <span className="flex min-w-0 items-center gap-2.5">
                <FileText aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
                <span dir="auto" className="min-w-0 break-all">
                  {words.file(file.name, formatBytes(file.size))}
                </span>
              </span>
              <Button size="small" variant="ghost" onClick={job.drop}>
                <X aria-hidden="true" />
                {words.removeFile}
              </Button>
            </div>
            <FieldError id="list-error" error={mistake} />
          </div>
        ) : (
          <Field label={words.list} hint={words.listHint} error={mistake}>
            {(control) => (
              <Textarea
                {...control}
                dir="auto"
                spellCheck={false}
                placeholder={words.placeholder}
                value={values.text}
                onChange={(event) => change({ text: event.target.value })}
                className="max-h-80 min-h-36 font-mono text-[0.8125rem] leading-relaxed"
              />
            )}
          </Field>
        )}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted-foreground">
          <Button size="small" onClick={() => input.current?.click()}>
            <Upload aria-hidden="true" />
            {words.choose}
          </Button>
          <span className="max-sm:hidden">{words.orDrop}</span>
          <input
            ref={input}
            type="file"
            hidden
            accept=".csv,.tsv,.txt,.md,text/csv,text/plain"
            aria-label={words.choose}
            onChange={(event) => {
              job.choose([...(event.target.files ?? [])]);
              event.target.value = '';
            }}
          />
        </div>
        <div className={file || sites.length > 0 ? 'grid grid-cols-1 gap-4 sm:grid-cols-2' : 'hidden'}>
          {file && (
            <Field label={words.encoding} hint={words.encodingHint}>
              {(control) => (
                <Select
                  {...control}
                  value={values.encoding}
                  onChange={(event) => change({ encoding: event.target.value })}
                >
                  <option value="">{words.encodingAuto}</option>
                  {Object.entries(words.encodings).map(([name, label]) => (
                    <option key={name} value={name}>
                      {label}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          )}
          {sites.length > 0 && (
            <Field label={words.site} hint={words.siteHint}>
              {(control) => (
                <SiteSelect
                  {...control}
                  sites={sites}
                  value={values.siteId}
                  none={t.topics.anySite}
                  onSite={(id) => change({ siteId: id })}
                />
              )}
            </Field>
          )}
        </div>
        <div className="flex flex-wrap items-center gap-3">
          <Button
            type="submit"
            variant={job.preview && !job.stale ? 'secondary' : 'primary'}
            aria-disabled={job.looking}
          >
            {job.looking ? words.previewing : words.preview}
          </Button>
        </div>
      </form>
    </Card>
  );
}

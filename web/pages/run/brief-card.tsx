import type { ReactNode } from 'react';
import type { Pipeline } from '@/api/client/types.gen.ts';
import { Folding } from '@/components/folding.tsx';
import { Card } from '@/components/ui/card.tsx';
import { formatCount } from '@/format/money.ts';
import { formatOwnTime, formatSiteTime, writeSiteTime } from '@/format/site-time.ts';
import { t } from '@/strings.ts';
import { useRunSite } from './use-run.ts';

/** What the run was asked for, folded away. */
export function BriefCard({ run }: { run: Pipeline }) {
  const { words, keyword, audience, voice, language, sources, search, publish, publishAt } = run.brief;
  const { data: site } = useRunSite(run);
  const at = typeof publishAt === 'string' ? new Date(publishAt) : null;
  const local = at && site ? { time: writeSiteTime(at, site.timezone), timeZone: site.timezone } : null;
  const own = at && local && formatOwnTime(at.toISOString(), local);
  const range = isRange(words) ? t.run.brief.range(formatCount(words.min), formatCount(words.max)) : null;
  const list = Array.isArray(sources) ? sources.filter(isSource) : [];
  return (
    <Card>
      <Folding title={t.run.brief.title} titleClassName="rounded-xl px-4 py-3 text-base font-semibold">
        <dl className="grid gap-x-6 gap-y-3 border-t border-border px-4 py-4 text-sm sm:grid-cols-2">
          <Entry name={t.run.brief.sources(formatCount(list.length))} wide>
            <ul className="grid gap-1">
              {list.map((source, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the brief never changes, and two texts may share a title
                <li key={index} className="break-words">
                  {source.url || source.site ? (
                    <a
                      href={source.url ?? source.site}
                      target="_blank"
                      rel="noopener noreferrer"
                      className="text-accent underline underline-offset-4"
                    >
                      {source.url ?? t.run.brief.wholeSite(source.site ?? '')}
                    </a>
                  ) : (
                    source.title
                  )}
                </li>
              ))}
            </ul>
          </Entry>
          <Entry name={t.run.brief.search} wide>
            {list.length === 0 || also(search) ? t.run.brief.searched(list.length) : null}
          </Entry>
          <Entry name={t.newArticle.length}>{range}</Entry>
          <Entry name={t.newArticle.keyword}>{text(keyword)}</Entry>
          <Entry name={t.newArticle.audience}>{text(audience)}</Entry>
          <Entry name={t.newArticle.language}>{text(language)}</Entry>
          <Entry name={t.newArticle.voice}>{text(voice)}</Entry>
          <Entry name={t.run.brief.goesTo}>
            {site && <bdi>{site.name}</bdi>}
            {site && isStatus(publish) && `, ${t.run.brief.as[publish]}`}
          </Entry>
          <Entry name={t.run.brief.notBefore}>
            {local && formatSiteTime(local)}
            {own && ` · ${t.queue.yourTime(own)}`}
          </Entry>
        </dl>
      </Folding>
    </Card>
  );
}

function Entry({ name, wide, children }: { name: string; wide?: boolean; children: ReactNode }) {
  if (!children || (Array.isArray(children) && !children.some(Boolean))) return null;
  return (
    <div className={wide ? 'sm:col-span-2' : ''}>
      <dt className="text-muted-foreground">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const also = (search: unknown) =>
  typeof search === 'object' && search !== null && 'also' in search && search.also === true;

const isStatus = (value: unknown): value is 'draft' | 'publish' => value === 'draft' || value === 'publish';

const text = (value: unknown) => (typeof value === 'string' ? value : null);

function isRange(value: unknown): value is { min: number; max: number } {
  return typeof value === 'object' && value !== null && 'min' in value && 'max' in value;
}

function isSource(value: unknown): value is { url?: string; site?: string; title?: string } {
  return typeof value === 'object' && value !== null;
}

import type { CreatePipelineData, StartTopicData, Topic } from '../../api/client/types.gen.ts';
import type { FieldMistake } from '../../api/problem.ts';
import { parseMoney, writeMoney } from '../../format/money.ts';
import { writeSiteTime } from '../../format/site-time.ts';
import { newSourceId } from './source-id.ts';

export type BriefBody = CreatePipelineData['body'];

/** A source as it stands in the form. */
export type SourceDraft =
  /** `whole`: not the page itself, but those pages of its site that fit the topic. */
  | { id: string; kind: 'url'; url: string; whole?: boolean }
  | { id: string; kind: 'text'; title: string; text: string; format: 'markdown' | 'html' | 'text' };

export const lengths = {
  short: { min: 400, max: 700 },
  medium: { min: 600, max: 1200 },
  long: { min: 1200, max: 2000 },
} as const;
export type Length = keyof typeof lengths | 'custom';

/** Everything that can be typed or chosen on the page, as it was typed; also what has not been added yet. */
export interface Draft {
  topic: string;
  sources: SourceDraft[];
  addresses: string;
  paste: { open: boolean; title: string; text: string };
  length: Length;
  wordsMin: string;
  wordsMax: string;
  keyword: string;
  audience: string;
  voice: string;
  language: string;
  siteId: string;
  publish: 'draft' | 'publish';
  /** On the clocks of the site, as `2026-11-24T09:00`; empty for as soon as it is approved. */
  publishAt: string;
  approval: 'manual' | 'auto';
  holdHours: string;
  budget: string;
  allowDuplicate: boolean;
  /** Look for more besides the given sources; without any it is looked for in any case. */
  searchAlso: boolean;
  /** Domains, as they were typed. */
  searchAllow: string;
  searchDeny: string;
}

export const emptyDraft: Draft = {
  topic: '',
  sources: [],
  addresses: '',
  paste: { open: false, title: '', text: '' },
  length: 'medium',
  wordsMin: '600',
  wordsMax: '1200',
  keyword: '',
  audience: '',
  voice: '',
  language: '',
  siteId: '',
  publish: 'draft',
  publishAt: '',
  approval: 'manual',
  holdHours: '24',
  budget: writeMoney(500_000),
  allowDuplicate: false,
  searchAlso: false,
  searchAllow: '',
  searchDeny: '',
};

/** The largest request the server takes, in bytes. */
export const maxRequestBytes = 1_000_000;

/** What the form says about mistakes it can see by itself. */
export interface DraftWords {
  noTopic: string;
  noSources: string;
  notMoney: string;
  notNumber: string;
  notDomain: (typed: string) => string;
  tooLarge: string;
}

/**
 * Puts a draft into the words of the API. `brief` is always as good as it gets; with `mistakes` it must not be sent to be
 * written (an estimate may still be asked). Texts that were pasted but not added yet count as added, and so do addresses.
 * Without sources a brief is a mistake unless this instance can search for some (`canSearch`).
 */
export function toBrief(
  draft: Draft,
  words: DraftWords,
  canSearch: boolean,
): { brief: BriefBody; mistakes: FieldMistake[] } {
  const mistakes: FieldMistake[] = [];
  const topic = draft.topic.trim();
  // Whether it is long enough the server knows: one sign can be a word.
  if (topic === '') mistakes.push({ path: 'topic', message: words.noTopic });
  const sources = pendingSources(draft);
  if (sources.length === 0 && !canSearch) mistakes.push({ path: 'sources', message: words.noSources });

  const budgetMicroUsd = parseMoney(draft.budget);
  if (budgetMicroUsd === null) mistakes.push({ path: 'budgetMicroUsd', message: words.notMoney });
  const range =
    draft.length === 'custom' ? { min: count(draft.wordsMin), max: count(draft.wordsMax) } : lengths[draft.length];
  if (range.min === null) mistakes.push({ path: 'words.min', message: words.notNumber });
  if (range.max === null) mistakes.push({ path: 'words.max', message: words.notNumber });
  const holdHours = count(draft.holdHours);
  const automatic = draft.siteId !== '' && draft.publish === 'publish' && draft.approval === 'auto';
  if (automatic && holdHours === null) mistakes.push({ path: 'holdHours', message: words.notNumber });

  const search = canSearch ? searchOf(draft, sources.length === 0) : {};
  for (const list of ['allow', 'deny'] as const) {
    const wrong = search.search?.[list]?.find((name) => !isDomain(name));
    if (wrong !== undefined) mistakes.push({ path: `search.${list}`, message: words.notDomain(wrong) });
  }

  const brief: BriefBody = {
    topic,
    sources: sources.map((source) =>
      source.kind === 'text'
        ? { title: source.title, text: source.text, format: source.format }
        : source.whole
          ? { site: source.url }
          : { url: source.url },
    ),
    words: { min: range.min ?? 600, max: range.max ?? 1200 },
    duplicates: draft.allowDuplicate ? 'allow' : 'stop',
    ...(budgetMicroUsd === null ? {} : { budgetMicroUsd }),
    ...given({ keyword: draft.keyword, audience: draft.audience, voice: draft.voice, language: draft.language }),
    ...search,
    ...(draft.siteId ? { siteId: draft.siteId, publish: draft.publish } : {}),
    ...(draft.siteId && draft.publish === 'publish' && draft.publishAt ? { publishAt: draft.publishAt } : {}),
    ...(automatic && holdHours !== null ? { approval: 'auto' as const, holdHours } : {}),
  };
  if (new TextEncoder().encode(JSON.stringify(brief)).length > maxRequestBytes) {
    mistakes.push({ path: 'sources', message: words.tooLarge });
  }
  return { brief, mistakes };
}

/** How to search, when anything but the usual is asked for. */
function searchOf(draft: Draft, noSources: boolean): Pick<BriefBody, 'search'> {
  if (!noSources && !draft.searchAlso) return {};
  const domains = (typed: string) => typed.split(/[\s,]+/).filter(Boolean);
  const allow = domains(draft.searchAllow);
  const deny = domains(draft.searchDeny);
  if (noSources && allow.length + deny.length === 0) return {};
  return { search: { also: !noSources, allow, deny } };
}

/** By the same rule as the server's: a name or an address of a host, and nothing else. */
function isDomain(name: string): boolean {
  return /^[^\s/:@?#\\]+$/.test(name) && URL.canParse(`http://${name}`);
}

/** The sources in the list and those still standing in the boxes below it. */
export function pendingSources(draft: Draft): SourceDraft[] {
  const pasted = draft.paste.text.trim();
  return [
    ...draft.sources,
    ...readAddresses(draft.addresses).addresses.map((url) => ({ id: newSourceId(), kind: 'url' as const, url })),
    ...(pasted
      ? [
          {
            id: newSourceId(),
            kind: 'text' as const,
            title: draft.paste.title.trim() || titleOf(pasted),
            text: pasted,
            format: 'text' as const,
          },
        ]
      : []),
  ];
}

/** Splits typed lines into web addresses and the lines that are none. A name without `https://` gets it. */
export function readAddresses(typed: string): { addresses: string[]; rest: string[] } {
  const addresses: string[] = [];
  const rest: string[] = [];
  for (const part of typed.split(/[\s,]+/).filter(Boolean)) {
    const withScheme = /^[a-z][a-z\d+.-]*:/i.test(part) ? part : `https://${part}`;
    const url = URL.parse(withScheme);
    const web =
      url &&
      /^https?:$/.test(url.protocol) &&
      (url.hostname.includes('.') || url.port !== '' || url.hostname === 'localhost');
    if (web) addresses.push(withScheme);
    else rest.push(part);
  }
  return { addresses: [...new Set(addresses)], rest };
}

/** A title for a text that came without one: its first heading or the first words of its first line. */
export function titleOf(text: string): string {
  const line = text.split('\n').find((candidate) => /[\p{L}\p{N}]/u.test(candidate)) ?? '';
  const plain = line
    .replace(/^[\s#>*-]+/, '')
    .replace(/<[^>]*>/g, '')
    .trim();
  if (plain.length <= 80) return plain || '…';
  return `${plain.slice(0, 80).replace(/\s+\S*$/, '')}…`;
}

/** Reads a kept draft; whatever does not fit this version falls back to its default. */
export function readDraft(kept: unknown): Draft {
  if (typeof kept !== 'object' || kept === null) return emptyDraft;
  const draft: Record<string, unknown> = { ...emptyDraft };
  for (const [name, fallback] of Object.entries(emptyDraft)) {
    const value = (kept as Record<string, unknown>)[name];
    if (typeof value === typeof fallback && value !== null && Array.isArray(value) === Array.isArray(fallback))
      draft[name] = value;
  }
  const read = draft as unknown as Draft;
  return {
    ...read,
    length: read.length === 'custom' || read.length in lengths ? read.length : emptyDraft.length,
    publish: read.publish === 'publish' ? 'publish' : 'draft',
    approval: read.approval === 'auto' ? 'auto' : 'manual',
    paste: { ...emptyDraft.paste, ...read.paste },
    sources: read.sources.filter(isSource),
  };
}

function isSource(value: unknown): value is SourceDraft {
  if (typeof value !== 'object' || value === null) return false;
  const { id, kind, url, title, text } = value as Record<string, unknown>;
  if (typeof id !== 'string') return false;
  return kind === 'url'
    ? typeof url === 'string'
    : kind === 'text' && typeof title === 'string' && typeof text === 'string';
}

/** The form for an article about a topic of the backlog. */
export function draftOfTopic(topic: Topic): Draft {
  return {
    ...emptyDraft,
    topic: topic.topic,
    keyword: topic.keyword ?? '',
    siteId: topic.siteId ?? '',
    sources: topic.sources.map((source) => {
      const id = newSourceId();
      if ('text' in source) return { id, kind: 'text', ...source };
      return 'site' in source
        ? { id, kind: 'url', url: source.site, whole: true }
        : { id, kind: 'url', url: source.url };
    }),
    // Whether it is too close to something was asked when it came into the backlog.
    allowDuplicate: topic.duplicatesAllowed,
  };
}

/** The same brief for a topic: what is empty in the form is meant to be, and not the topic's own. */
export function toTopicBrief(brief: BriefBody): NonNullable<StartTopicData['body']> {
  return { ...brief, keyword: brief.keyword ?? null, siteId: brief.siteId ?? null };
}

function count(typed: string): number | null {
  return /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : null;
}

function given<Fields extends Record<string, string>>(fields: Fields): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value.trim() ? [[name, value.trim()]] : [])),
  ) as Partial<Fields>;
}

/**
 * The form as it was for a run that exists, from what the API says of its brief; texts of sources are not in there. The
 * time of publication is a moment there, and stands on the clocks of the site here (`timeZone`); one that has passed is
 * not asked for again.
 */
export function draftOf(
  brief: Record<string, unknown>,
  site: { id: string; timeZone: string | undefined } | null,
  now = new Date(),
): Draft {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const words =
    typeof brief.words === 'object' && brief.words !== null ? (brief.words as { min?: number; max?: number }) : {};
  const named = (Object.keys(lengths) as (keyof typeof lengths)[]).find(
    (name) => lengths[name].min === words.min && lengths[name].max === words.max,
  );
  const search =
    typeof brief.search === 'object' && brief.search !== null ? (brief.search as Record<string, unknown>) : {};
  const names = (value: unknown) =>
    Array.isArray(value) ? value.filter((name) => typeof name === 'string').join(', ') : '';
  const publishAt = new Date(text(brief.publishAt));
  const sources = Array.isArray(brief.sources) ? (brief.sources as { url?: string; site?: string }[]) : [];
  return {
    ...emptyDraft,
    topic: text(brief.topic),
    keyword: text(brief.keyword),
    audience: text(brief.audience),
    voice: text(brief.voice),
    language: text(brief.language),
    length: named ?? 'custom',
    wordsMin: String(words.min ?? emptyDraft.wordsMin),
    wordsMax: String(words.max ?? emptyDraft.wordsMax),
    siteId: site?.id ?? '',
    publishAt: site?.timeZone && publishAt > now ? writeSiteTime(publishAt, site.timeZone) : '',
    publish: brief.publish === 'publish' ? 'publish' : 'draft',
    approval: brief.approval === 'auto' ? 'auto' : 'manual',
    holdHours: String(brief.holdHours ?? emptyDraft.holdHours),
    budget: typeof brief.budgetMicroUsd === 'number' ? writeMoney(brief.budgetMicroUsd) : emptyDraft.budget,
    allowDuplicate: brief.duplicates === 'allow',
    searchAlso: search.also === true,
    searchAllow: names(search.allow),
    searchDeny: names(search.deny),
    sources: sources.flatMap(({ url, site }) => {
      const address = url ?? site;
      if (!address) return [];
      return [{ id: newSourceId(), kind: 'url' as const, url: address, ...(site ? { whole: true } : {}) }];
    }),
  };
}

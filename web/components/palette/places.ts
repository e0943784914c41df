import {
  CalendarClock,
  CalendarDays,
  ChartColumn,
  FileText,
  Globe,
  House,
  Images,
  LibraryBig,
  Lightbulb,
  ListChecks,
  type LucideIcon,
  PenLine,
  Send,
  TriangleAlert,
} from 'lucide-react';
import { t } from '@/strings.ts';

/** A page one can go to. */
export interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  /** With `g` before it, the key that leads there. */
  key?: string;
}

export const places = {
  overview: { to: '/', label: t.shell.overview, icon: House, key: 'o' },
  newArticle: { to: '/new', label: t.shell.newArticle, icon: PenLine, key: 'n' },
  topics: { to: '/topics', label: t.shell.topics, icon: Lightbulb, key: 't' },
  schedules: { to: '/schedules', label: t.shell.schedules, icon: CalendarClock, key: 'l' },
  calendar: { to: '/calendar', label: t.shell.calendar, icon: CalendarDays, key: 'c' },
  runs: { to: '/runs', label: t.shell.runs, icon: ListChecks, key: 'r' },
  articles: { to: '/articles', label: t.shell.articles, icon: FileText, key: 'a' },
  sources: { to: '/sources', label: t.shell.sources, icon: LibraryBig, key: 'q' },
  images: { to: '/images', label: t.shell.images, icon: Images, key: 'i' },
  queue: { to: '/queue', label: t.shell.queue, icon: Send, key: 'p' },
  sites: { to: '/sites', label: t.shell.sites, icon: Globe, key: 's' },
  attention: { to: '/failures', label: t.failures.title, icon: TriangleAlert, key: 'f' },
  usage: { to: '/usage', label: t.shell.usage, icon: ChartColumn, key: 'u' },
} satisfies Record<string, Place>;

const { calendar, schedules, runs, sources, images, queue, sites, usage } = places;

/** What a phone has no room for below the page. */
export const farPlaces: Place[] = [calendar, schedules, runs, sources, images, queue, sites, usage];

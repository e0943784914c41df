import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  FileText,
  Globe,
  Keyboard,
  Languages,
  Lightbulb,
  ListChecks,
  LogOut,
  type LucideIcon,
  PenLine,
  Search,
  SunMoon,
  Trash2,
} from 'lucide-react';
import { Dialog as Primitive } from 'radix-ui';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { cn } from '@/components/class-names.ts';
import { setTheme } from '@/components/theme.ts';
import { toast } from '@/components/toaster.tsx';
import { language, languages, ownNames } from '@/language.ts';
import { signOut } from '@/pages/door/sign-in.ts';
import { layOutTopic } from '@/pages/new-article/use-draft.ts';
import { chooseLanguage } from '@/session/choose-language.ts';
import { useUser } from '@/session/session.ts';
import { t } from '@/strings.ts';
import { accountWords, adminWords } from '@/strings-account.ts';
import { paletteWords } from '@/strings-palette.ts';
import { statusWords } from '@/strings-status.ts';
import { worthOf } from './find.ts';
import { KeyCap } from './key-cap.tsx';
import { openShortcuts } from './palette-state.ts';
import { type Place, places } from './places.ts';
import { keepRecent, type Recent, readRecents } from './recents.ts';
import { useFound } from './use-found.ts';

const words = paletteWords;
type Group = keyof typeof words.groups;

interface Command {
  id: string;
  group: Group;
  label: string;
  /** Other words that lead to it. */
  also?: string;
  icon: LucideIcon;
  run: () => void;
}

const icons: Record<Recent['kind'], LucideIcon> = {
  places: Search,
  articles: FileText,
  topics: Lightbulb,
  runs: ListChecks,
  sites: Globe,
};

const otherWords: Record<string, string> = {
  overview: words.also.overview,
  queue: words.also.queue,
  attention: words.also.attention,
  usage: words.also.usage,
};

/** More places than the sidebar has room for. */
const rooms = (admin: boolean): (Pick<Place, 'to' | 'label'> & { also?: string })[] => [
  { to: '/articles?show=bin', label: t.shell.bin, also: words.also.bin },
  { to: '/topics/import', label: words.rooms.import, also: words.also.addTopics },
  { to: '/topics/sources', label: words.rooms.watched, also: words.also.watched },
  { to: '/account', label: t.shell.account, also: words.also.profile },
  { to: '/account/writing', label: accountWords.sections.writing, also: words.also.writing },
  { to: '/account/notifications', label: accountWords.sections.notifications, also: words.also.notifications },
  { to: '/account/security', label: accountWords.sections.security, also: words.also.security },
  { to: '/account/sessions', label: accountWords.sections.sessions, also: words.also.sessions },
  { to: '/account/api-keys', label: accountWords.sections.apiKeys },
  { to: '/account/own-keys', label: accountWords.sections.ownKeys, also: words.also.ownKeys },
  { to: '/account/webhooks', label: accountWords.sections.webhooks },
  { to: '/account/log', label: accountWords.log.title, also: words.also.log },
  ...(admin
    ? [
        { to: '/admin', label: statusWords.title, also: adminWords.title },
        { to: '/admin/users', label: `${adminWords.title}: ${adminWords.sections.users}` },
        { to: '/admin/spending', label: `${adminWords.title}: ${adminWords.sections.spending}` },
        { to: '/admin/invitations', label: `${adminWords.title}: ${adminWords.sections.invitations}` },
        { to: '/admin/emails', label: `${adminWords.title}: ${adminWords.sections.emails}` },
        { to: '/admin/prices', label: `${adminWords.title}: ${adminWords.sections.prices}` },
        { to: '/admin/log', label: `${adminWords.title}: ${adminWords.sections.log}` },
      ]
    : []),
];

/**
 * Search and commands: a field that keeps the keyboard, and a list in which the arrows move (the combobox pattern of
 * WAI-ARIA). Nothing typed yet, it offers what was chosen lately.
 */
export function Palette({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState('');
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const { found, searching, failed } = useFound(typed);
  const commands = useCommands(typed, onClose);
  const { go } = commands;
  const shown = useMemo(() => {
    const results = found.map(
      (entry): Command => ({
        id: entry.href,
        group: entry.kind,
        label: entry.label,
        icon: icons[entry.kind],
        run: () => go(entry),
      }),
    );
    return [...commands.matching, ...results, ...commands.last];
  }, [found, commands.matching, commands.last, go]);
  const groups = [...new Set(shown.map(({ group }) => group))];
  const ordered = groups.flatMap((group) => shown.filter((command) => command.group === group));
  const index = Math.max(
    0,
    ordered.findIndex(({ id }) => id === active),
  );
  const chosen = ordered[index];

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  });

  const move = (by: number) => {
    const next = ordered[(index + by + ordered.length) % ordered.length];
    if (next) setActive(next.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 };
    const by = steps[event.key];
    if (by !== undefined) move(by);
    else if (event.key === 'Enter') chosen?.run();
    else return;
    event.preventDefault();
  };
  const optionId = (command: Command) => `${listId}-${ordered.indexOf(command)}`;
  return (
    <Primitive.Root open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Primitive.Content
          aria-describedby={undefined}
          className="fixed inset-x-0 top-0 z-40 flex max-h-dvh flex-col overflow-hidden bg-card shadow-xl sm:inset-x-auto sm:top-[12vh] sm:left-1/2 sm:max-h-[min(34rem,76vh)] sm:w-[min(40rem,calc(100vw-3rem))] sm:-translate-x-1/2 sm:rounded-xl sm:border sm:border-border"
        >
          <Primitive.Title className="sr-only">{words.title}</Primitive.Title>
          <div className="relative flex shrink-0 items-center border-b border-border">
            <Search aria-hidden="true" className="pointer-events-none absolute left-4 size-4.5 text-muted-foreground" />
            <input
              type="text"
              role="combobox"
              aria-label={words.title}
              aria-expanded="true"
              aria-controls={listId}
              aria-activedescendant={chosen ? optionId(chosen) : undefined}
              aria-autocomplete="list"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              enterKeyHint="go"
              placeholder={words.placeholder}
              value={typed}
              onChange={(event) => {
                setTyped(event.target.value);
                setActive('');
              }}
              onKeyDown={onKeyDown}
              className="h-14 w-full min-w-0 bg-transparent pr-16 pl-11 text-base outline-none"
            />
            <Primitive.Close className="absolute right-3 rounded-md px-1.5 py-1 text-muted-foreground hover:text-foreground">
              <KeyCap>Esc</KeyCap>
              <span className="sr-only">{t.common.close}</span>
            </Primitive.Close>
          </div>
          <div
            ref={list}
            id={listId}
            role="listbox"
            aria-label={words.title}
            className="min-h-0 flex-1 overflow-y-auto p-2"
          >
            {groups.map((group) => (
              // biome-ignore lint/a11y/useSemanticElements: a fieldset holds fields; in a listbox, options are grouped by role
              <div key={group} role="group" aria-labelledby={`${listId}-${group}`} className="pb-1.5">
                <p id={`${listId}-${group}`} className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted-foreground">
                  {words.groups[group]}
                </p>
                {ordered
                  .filter((command) => command.group === group)
                  .map((command) => (
                    <Option
                      key={command.id}
                      id={optionId(command)}
                      command={command}
                      active={command === chosen}
                      onPoint={() => setActive(command.id)}
                    />
                  ))}
              </div>
            ))}
          </div>
          {ordered.length === 0 && !searching && (
            <p className="px-4 pb-6 text-center text-muted-foreground">{words.nothing(typed.trim())}</p>
          )}
          {failed && <p className="px-4.5 pb-3 text-sm text-muted-foreground">{words.failed}</p>}
          <div className="flex shrink-0 items-center gap-4 border-t border-border px-4 py-2.5 text-xs text-muted-foreground max-sm:hidden">
            <span className="flex items-center gap-1.5">
              <KeyCap>↑</KeyCap>
              <KeyCap>↓</KeyCap>
              {words.keys.move}
            </span>
            <span className="flex items-center gap-1.5">
              <KeyCap>↵</KeyCap>
              {words.keys.choose}
            </span>
            <span role="status" className="ml-auto">
              {searching
                ? words.searching
                : ordered.length === 0
                  ? words.nothing(typed.trim())
                  : words.results(ordered.length)}
            </span>
          </div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

interface OptionProps {
  id: string;
  command: Command;
  active: boolean;
  onPoint: () => void;
}

/** The keyboard stays in the field, so a click is all that an option takes. */
function Option({ id, command: { label, icon: Icon, run }, active, onPoint }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keyboard, and Enter there does the same
    <div
      id={id}
      role="option"
      aria-selected={active}
      tabIndex={-1}
      onMouseMove={active ? undefined : onPoint}
      onClick={run}
      className={cn('flex min-h-10 cursor-pointer items-center gap-3 rounded-lg px-2.5 py-1.5', active && 'bg-muted')}
    >
      <Icon aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
      <span className="line-clamp-1 min-w-0 flex-1" dir="auto">
        {label}
      </span>
    </div>
  );
}

/** What can be done without a search, as far as it fits to what was typed; `last` comes after what was found. */
function useCommands(typed: string, onClose: () => void) {
  const user = useUser();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const leave = useMutation({ mutationFn: () => signOut(queries), onError: (problem) => toast(problem.message) });
  const query = typed.trim();
  return useMemo(() => {
    const open = (href: string) => {
      onClose();
      void navigate({ href });
    };
    const go = (entry: Recent) => {
      keepRecent(user.id, entry);
      open(entry.href);
    };
    const then = (work: () => void) => () => {
      onClose();
      work();
    };
    const actions: Command[] = [
      action('new', words.actions.newArticle, PenLine, () => open('/new'), words.also.newArticle),
      action('topics', words.actions.addTopics, Lightbulb, () => open('/topics/import'), words.also.addTopics),
      action('connect', words.actions.connect, Globe, () => open('/sites?connect=1'), words.also.connect),
      action(
        'light',
        words.actions.themeLight,
        SunMoon,
        then(() => setTheme('light')),
        words.also.theme,
      ),
      action(
        'dark',
        words.actions.themeDark,
        SunMoon,
        then(() => setTheme('dark')),
        words.also.theme,
      ),
      action(
        'system',
        words.actions.themeSystem,
        SunMoon,
        then(() => setTheme('system')),
        words.also.theme,
      ),
      ...languages
        .filter((code) => code !== language)
        .map((code) =>
          action(
            `language-${code}`,
            words.actions.language(ownNames[code]),
            Languages,
            then(() => void chooseLanguage(queries, code)),
            words.also.language,
          ),
        ),
      setting('keys', words.actions.shortcuts, Keyboard, openShortcuts, words.also.shortcuts),
      action(
        'leave',
        words.actions.logOut,
        LogOut,
        then(() => leave.mutate()),
        words.also.logOut,
      ),
    ];
    const toPlaces: Command[] = [
      ...Object.entries<Place>(places).map(([name, { to, label, icon }]) =>
        place(to, label, icon, otherWords[name] ?? ''),
      ),
      ...rooms(user.role === 'admin').map(({ to, label, also = '' }) =>
        place(to, label, to.includes('bin') ? Trash2 : Search, also),
      ),
    ];
    function place(to: string, label: string, icon: LucideIcon, also: string): Command {
      return { id: to, group: 'places', label, also, icon, run: () => go({ kind: 'places', href: to, label }) };
    }
    if (query === '') {
      const recents = readRecents(user.id).map(
        (entry): Command => ({
          id: `recent:${entry.href}`,
          group: 'recent',
          label: entry.label,
          icon: toPlaces.find(({ id }) => id === entry.href)?.icon ?? icons[entry.kind],
          run: () => go(entry),
        }),
      );
      return { go, matching: [...recents, ...actions.slice(0, 3), ...toPlaces, ...actions.slice(3)], last: [] };
    }
    const matching = [...toPlaces, ...actions]
      .map((command) => ({ command, worth: worthOf(query, command.label, command.also) }))
      .filter(({ worth }) => worth > 0)
      .sort((a, b) => b.worth - a.worth)
      .map(({ command }) => command);
    const write = action('write', words.writeAbout(query), PenLine, () => {
      layOutTopic(user.id, query);
      open('/new');
    });
    return { go, matching, last: query.length > 2 ? [write] : [] };
  }, [query, user, navigate, onClose, leave.mutate, queries]);
}

function action(id: string, label: string, icon: LucideIcon, run: () => void, also = ''): Command {
  return { id, group: 'actions', label, icon, run, also };
}

const setting = (...parts: Parameters<typeof action>): Command => ({ ...action(...parts), group: 'settings' });

import { Fragment } from 'react';
import { Dialog } from '@/components/ui/dialog.tsx';
import { shortcutWords } from '@/strings-palette.ts';
import { commandKey, KeyCap } from './key-cap.tsx';
import { type Shortcut, useShownShortcuts } from './page-shortcuts.ts';
import { type Place, places } from './places.ts';
import { turnSingleKeys, useSingleKeys } from './single-keys.ts';

const words = shortcutWords;
const everywhere: Shortcut[] = [
  { keys: [commandKey, 'K'], what: words.open },
  { keys: ['?'], what: words.help },
];
const going: Shortcut[] = Object.values<Place>(places).map(({ key = '', label }) => ({
  keys: ['g', words.andThen, key],
  what: words.go(label),
}));

/** Every key that does something, those of the present page first. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const here = useShownShortcuts();
  const on = useSingleKeys();
  return (
    <Dialog title={words.title} onClose={onClose} narrow>
      <div className="grid grid-cols-1 gap-6 p-4 sm:p-6">
        {here.length > 0 && <Keys title={words.here} list={here} />}
        <Keys title={words.everywhere} list={on ? [...everywhere, ...going] : everywhere.slice(0, 1)} />
        <label className="flex items-start gap-3 border-t border-border pt-5">
          <input
            type="checkbox"
            checked={on}
            onChange={(event) => turnSingleKeys(event.target.checked)}
            className="mt-1 size-4 accent-accent"
          />
          <span>
            <span className="block font-medium">{words.single}</span>
            <span className="block text-sm text-muted-foreground">{words.singleHint}</span>
          </span>
        </label>
      </div>
    </Dialog>
  );
}

function Keys({ title, list }: { title: string; list: readonly Shortcut[] }) {
  return (
    <section>
      <h2 className="mb-2 text-sm font-semibold text-muted-foreground">{title}</h2>
      <dl className="grid grid-cols-1 gap-y-2">
        {list.map(({ keys, what }) => (
          <div key={what} className="flex items-center justify-between gap-4">
            <dt>{what}</dt>
            <dd className="flex items-center gap-1.5 text-sm text-muted-foreground">
              {keys.map((key) => (
                <Fragment key={key}>{key === words.andThen ? key : <KeyCap>{key}</KeyCap>}</Fragment>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

import { CircleAlert, CloudCheck, CloudOff, LoaderCircle } from 'lucide-react';
import { cn } from '@/components/class-names.ts';
import { editorWords as words } from '@/strings-editor.ts';
import type { SaveState } from './session.ts';

const looks = {
  saved: { icon: CloudCheck, ink: 'text-muted-foreground' },
  unsaved: { icon: LoaderCircle, ink: 'text-muted-foreground' },
  saving: { icon: LoaderCircle, ink: 'text-muted-foreground' },
  offline: { icon: CloudOff, ink: 'text-warning' },
  'signed-out': { icon: CloudOff, ink: 'text-warning' },
  gone: { icon: CircleAlert, ink: 'text-danger' },
  clash: { icon: CircleAlert, ink: 'text-warning' },
  refused: { icon: CircleAlert, ink: 'text-danger' },
};

/** Whether what was written is safe. */
export function SaveStatus({ save }: { save: SaveState }) {
  const { icon: Icon, ink } = looks[save.kind];
  return (
    <p role="status" className={cn('flex items-center gap-1.5 text-sm', ink)}>
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      {words.save[save.kind]}
    </p>
  );
}

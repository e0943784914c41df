import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, Send, Trash2, Undo2, X } from 'lucide-react';
import { listSitesOptions } from '@/api/client/@tanstack/react-query.gen.ts';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { t } from '@/strings.ts';
import type { useArticleCommands } from './use-article-commands.ts';

const words = t.articleList;

interface SelectionBarProps {
  ids: string[];
  bin: boolean;
  commands: ReturnType<typeof useArticleCommands>;
  onClear: () => void;
}

/** What can be done with the selected articles; it stays in sight while there are some. */
export function SelectionBar({ ids, bin, commands, onClear }: SelectionBarProps) {
  const sites = useQuery({ ...listSitesOptions({ query: { limit: 100 } }), enabled: !bin }).data?.items ?? [];
  // What was chosen is seen to: the selection ends with it.
  const then = (work: () => void) => () => {
    work();
    onClear();
  };
  return (
    <div
      role="toolbar"
      aria-label={words.selected(ids.length)}
      className="sticky bottom-20 z-20 mt-4 flex flex-wrap items-center gap-2 rounded-xl border border-border bg-card p-2 pl-4 shadow-lg lg:bottom-6"
    >
      <p className="mr-auto text-sm font-medium tabular-nums">{words.selected(ids.length)}</p>
      {bin ? (
        <Button size="small" disabled={commands.busy} onClick={then(() => commands.restore(ids))}>
          <Undo2 aria-hidden="true" />
          {words.restore}
        </Button>
      ) : (
        <>
          <DropdownMenu>
            <DropdownMenuTrigger asChild>
              <Button size="small" disabled={commands.busy}>
                <Send aria-hidden="true" />
                {words.publish}
              </Button>
            </DropdownMenuTrigger>
            <DropdownMenuContent align="end" side="top">
              {sites.map((site) => (
                <DropdownMenuItem key={site.id} onSelect={then(() => commands.send(ids, site))}>
                  {words.publishTo(site.name)}
                </DropdownMenuItem>
              ))}
              {sites.length === 0 && (
                <DropdownMenuItem asChild>
                  <Link to="/sites" search={{ connect: '1' }}>
                    {words.noSite}
                  </Link>
                </DropdownMenuItem>
              )}
            </DropdownMenuContent>
          </DropdownMenu>
          <Button size="small" disabled={commands.busy} onClick={() => commands.save(ids)}>
            <Download aria-hidden="true" />
            {words.export}
          </Button>
          <Button size="small" variant="danger" disabled={commands.busy} onClick={then(() => commands.remove(ids))}>
            <Trash2 aria-hidden="true" />
            {words.remove}
          </Button>
        </>
      )}
      <Button variant="ghost" size="icon-small" aria-label={words.clear} onClick={onClear}>
        <X aria-hidden="true" />
      </Button>
    </div>
  );
}

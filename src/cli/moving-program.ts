import type { Command } from 'commander';
import type { Io } from './io.ts';

type Run = () => Promise<number>;

/** The commands that bring articles in and take an account out. */
export function addMovingCommands(
  program: Command,
  io: Io,
  addForAccount: (parent: Command, nameAndArgs: string, description: string) => Command,
  choose: (run: Run, json: boolean) => void,
): void {
  const commands = () => import('./import-commands.ts');
  const bring = program
    .command('import')
    .description('take over articles that were written elsewhere, or a whole account of another instance');
  const formats = [
    ['json', 'articles of an earlier blog-poster: files with one each, or with a list'],
    ['markdown', 'Markdown files, with or without front matter'],
  ] as const;
  for (const [format, description] of formats) {
    addForAccount(bring, format, description)
      .argument('<path...>', 'files, and folders with such files in them')
      .option('--dry-run', 'only say what would happen')
      .action((paths, options) =>
        choose(async () => (await commands()).importCommand(io, format, paths, options), options.json),
      );
  }
  addForAccount(bring, 'archive', 'everything of an account on another instance: the zip that export has written there')
    .argument('<file>', 'the zip, as it is')
    .action((file, options) =>
      choose(
        async () => (await import('./import-archive-command.ts')).importArchiveCommand(io, file, options),
        options.json,
      ),
    );
  addForAccount(program, 'export', 'write everything of an account into a zip')
    .option('-o, --out <file>', 'where to; blog-poster-<day>.zip in this folder otherwise')
    .action((options) =>
      choose(async () => (await import('./export-command.ts')).exportCommand(io, options), options.json),
    );
}

import type { Command } from 'commander';
import type { Io } from './io.ts';

/** Taking, listing, proving and restoring backups, and moving to another database. */
export function addBackupCommands(
  program: Command,
  io: Io,
  add: (parent: Command, nameAndArgs: string, description: string) => Command,
  choose: (run: () => Promise<number>, json: boolean) => void,
): void {
  const commands = () => import('./backup.ts');
  const backup = program.command('backup').description('backups of everything in the database');
  const intoNonempty = [
    '--into-nonempty <database>',
    'replace what is in the target; its name (PostgreSQL) or data directory has to be given',
  ] as const;
  add(backup, 'create', 'take a backup now, into S3_BUCKET or BACKUP_DIR').action((options) =>
    choose(async () => (await commands()).createBackupCommand(io, options), options.json),
  );
  add(backup, 'list', 'list the backups in the storage, newest first').action((options) =>
    choose(async () => (await commands()).listBackupsCommand(io, options), options.json),
  );
  add(backup, 'verify', 'restore a backup into a scratch database and compare every table')
    .argument('<id>', 'its id, from backup list, or latest')
    .action((id, options) => choose(async () => (await commands()).verifyBackupCommand(io, id, options), options.json));
  add(backup, 'restore', 'put a backup into the configured database, with every server stopped')
    .argument('<id>', 'its id, from backup list, or latest')
    .option(...intoNonempty)
    .action((id, options) =>
      choose(async () => (await commands()).restoreBackupCommand(io, id, options), options.json),
    );
  add(program, 'move', 'copy everything into another database: from embedded to PostgreSQL, or back')
    .argument('[target]', 'postgres://user:password@host/database, or a data directory')
    .option('--target-stdin', 'read the target from standard input, where no list of processes shows its password')
    .option(...intoNonempty)
    .action((target, options) => choose(async () => (await commands()).moveCommand(io, target, options), options.json));
}

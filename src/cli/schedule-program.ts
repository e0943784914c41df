import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from './io.ts';

/** Adds a command that works for an account, with what all of those have in common. */
type AddForAccount = (parent: Command, name: string, description: string) => Command;
type Choose = (run: () => Promise<number>, json: boolean) => void;

/** `schedule list|add|show|pause|resume|delete|runs`. */
export function addScheduleCommands(program: Command, io: Io, addForAccount: AddForAccount, choose: Choose): void {
  const commands = () => import('./schedule.ts');
  const schedule = program.command('schedule').description('times at which articles begin by themselves');
  addForAccount(schedule, 'list', 'list the schedules with their state and next time')
    .option('--site <name>', 'only those of this site')
    .action((options) => choose(async () => (await commands()).listSchedules(io, options), options.json));
  addForAccount(schedule, 'add', 'begin an article about the next topic of the backlog at these times')
    .option('-n, --name <name>', 'what to call it; the name of its site otherwise')
    .option('--site <name>', 'the site it writes for')
    .addOption(new Option('--per-week <number>', 'so many a week, spread over its days').argParser(count))
    .addOption(new Option('--days <days>', 'on these days, for example mon,thu').conflicts('perWeek').argParser(list))
    .addOption(new Option('--at <times>', 'at these times of day, for example 09:00,15:30').argParser(list))
    .addOption(
      new Option('--cron <expression>', 'minute, hour, day of month, month, day of week: "0 9 * * 1,4"').conflicts([
        'perWeek',
        'days',
        'at',
      ]),
    )
    .option('--zone <name>', 'on whose clocks, for example Europe/Berlin; those of the site otherwise')
    .addOption(new Option('--publish <how>', 'draft, or publish').choices(['draft', 'publish']))
    .addOption(new Option('--approval <rule>', 'what lets it go public').choices(['manual', 'auto']))
    .addOption(new Option('--hold-hours <number>', 'with auto: how long a person can object').argParser(number))
    .addOption(new Option('--min-seo-score <number>', 'with auto: the floor; 60 otherwise').argParser(number))
    .addOption(
      new Option(
        '--proposals-from <score>',
        'with an empty backlog take the best proposal with at least this',
      ).argParser(number),
    )
    .addOption(new Option('--monthly-budget <usd>', 'what its articles may cost in a month').argParser(dollars))
    .action((options) => choose(async () => (await commands()).addSchedule(io, options), options.json));
  const named = (name: string, description: string) =>
    addForAccount(schedule, name, description).argument('<schedule>', 'its name or id');
  named('show', 'show a schedule, its next times, and what stands in its way')
    .addOption(new Option('--count <number>', 'how many next times').argParser(count).default(5))
    .action((wanted, options) =>
      choose(async () => (await commands()).showSchedule(io, wanted, options), options.json),
    );
  named('pause', 'begin nothing until it is resumed').action((wanted, options) =>
    choose(async () => (await commands()).pauseSchedule(io, wanted, true, options), options.json),
  );
  named('resume', 'go on with the next time').action((wanted, options) =>
    choose(async () => (await commands()).pauseSchedule(io, wanted, false, options), options.json),
  );
  named('delete', 'forget a schedule; its articles and topics stay').action((wanted, options) =>
    choose(async () => (await commands()).deleteSchedule(io, wanted, options), options.json),
  );
  named('runs', 'what its times have led to, newest first')
    .addOption(new Option('--limit <number>', 'how many').argParser(count).default(20))
    .action((wanted, options) => choose(async () => (await commands()).listRuns(io, wanted, options), options.json));
}

const list = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter(Boolean);

function count(value: string): number {
  if (!/^[1-9]\d{0,2}$/.test(value) || Number(value) > 168)
    throw new InvalidArgumentError('Give a number from 1 to 168.');
  return Number(value);
}

function number(value: string): number {
  if (!/^\d{1,3}(\.\d+)?$/.test(value)) throw new InvalidArgumentError('Give a number.');
  return Number(value);
}

function dollars(value: string): number {
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(value)) throw new InvalidArgumentError('Give dollars, for example 5 or 0.50.');
  return Number(value);
}

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { roles, version } from '../config.ts';
import { publicationStatuses } from '../publishing/publication-status.ts';
import { addBackupCommands } from './backup-program.ts';
import { type Io, printFailure } from './io.ts';
import { addMovingCommands } from './moving-program.ts';
import { addScheduleCommands } from './schedule-program.ts';
import { addTopicCommands } from './topic-program.ts';

/** A command's work; resolves to its exit status. */
type Run = () => Promise<number>;

/**
 * Runs one command line (without `node` and the script's name) and returns its exit status: 0 done, 1 failed, 2 wrong
 * usage, 130 ended by the user. The commands are loaded when they are used, so that --help answers at once.
 */
export async function runCli(args: string[], io: Io): Promise<number> {
  let chosen: { run: Run; json: boolean } | null = null;
  const program = createProgram(io, (run, json) => {
    chosen = { run, json };
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  const command = chosen as { run: Run; json: boolean } | null;
  if (!command) return 2;
  try {
    return await command.run();
  } catch (error) {
    return printFailure(io, command.json, error);
  }
}

/** Every command with its arguments and options; `choose` is told what was asked for. */
export function createProgram(io: Io, choose: (run: Run, json: boolean) => void): Command {
  const program = new Command('blog-poster')
    .description('Topics in, checked articles out. In a checkout: npm run -s bp -- <command>')
    .version(version)
    .showHelpAfterError('(add --help for the options)')
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .exitOverride();

  const add = (parent: Command, nameAndArgs: string, description: string) =>
    parent.command(nameAndArgs).description(description).option('--json', 'answer with one JSON document');
  const addForAccount = (parent: Command, nameAndArgs: string, description: string): Command =>
    add(parent, nameAndArgs, description).option(
      '--account <email>',
      'the account to work for; the only one, or the first admin, otherwise',
    );

  add(program, 'start', 'migrate (embedded), serve, work')
    .addOption(new Option('--role <role>', 'what this process does').choices(roles).default('all'))
    .action((options) => choose(async () => (await import('./start.ts')).start(io, options), options.json));

  addForAccount(program, 'write', 'write an article about a topic from real sources')
    .argument('<topic>', 'what the article is about')
    .option(
      '-s, --source <url or file>',
      'a page, PDF, feed, sitemap or file to draw on (again for more); without any a search finds some',
      collect,
      [],
    )
    .option(
      '--source-site <url>',
      'a whole site to choose the pages from that fit the topic (again for more)',
      collect,
      [],
    )
    .option('--search', 'look for more sources besides the given ones')
    .option('--allow <domain>', 'find sources only there (again for more)', collect, [])
    .option('--deny <domain>', 'find no sources there (again for more)', collect, [])
    .option('--site <name>', 'the site it goes to, as a draft unless --publish says otherwise')
    .addOption(new Option('--publish <how>', 'draft, or publish (public once approved)').choices(['draft', 'publish']))
    .option('-o, --out <file>', 'write the article (Markdown) to a file instead of printing it')
    .option('--keyword <keyword>', 'the search term it should be found under')
    .option('--language <code>', 'language of the article, for example en; that of the sources otherwise')
    .option('--audience <text>', 'whom it is for')
    .option('--voice <text>', 'how it should sound')
    .option('--words <min-max>', 'length, for example 600-900', words)
    .addOption(new Option('--duplicates <rule>', 'what to do about a near-duplicate').choices(['stop', 'allow']))
    .option('--budget <usd>', 'the most it may cost, in dollars', dollars)
    .addOption(
      new Option('--priority <priority>', 'before or behind your other articles').choices(['low', 'normal', 'high']),
    )
    .option('--model <model>', 'provider:model, or offline')
    .action((topic, options) =>
      choose(async () => (await import('./write.ts')).write(io, topic, options), options.json),
    );

  add(program, 'migrate', 'bring the schema of database and queue up to this version')
    .option('--check', 'change nothing; exit status 1 when there is something to do, which is printed')
    .action((options) => choose(async () => (await import('./migrate.ts')).migrateCommand(io, options), options.json));

  const database = program.command('database').description('the PostgreSQL server');
  add(database, 'bootstrap', 'prepare a database as its owner: extension, the role of the app, its rights')
    .addOption(
      new Option('--role <name>', 'the role that the app signs in as').argParser(roleName).makeOptionMandatory(),
    )
    .option('--password-stdin', 'read its password from standard input; a role that is there keeps its own otherwise')
    .action((options) =>
      choose(async () => (await import('./database.ts')).bootstrapCommand(io, options), options.json),
    );

  add(program, 'doctor', 'check configuration, database, queue, model, search, data directory and sites')
    .option(
      '--rotate-secret',
      'encrypt what is stored anew: from APP_SECRET_PREVIOUS to APP_SECRET, or under a new secret in DATA_DIR',
    )
    .action((options) =>
      choose(
        async () =>
          options.rotateSecret
            ? (await import('./rotate-secret.ts')).rotateSecretCommand(io, options)
            : (await import('./doctor.ts')).doctor(io, options),
        options.json,
      ),
    );

  const site = program.command('site').description('WordPress sites');
  addForAccount(site, 'add', 'add a WordPress site and check it')
    .argument('<url>', 'address of the site')
    .requiredOption('-u, --username <name>', 'WordPress user whose Application Password is used')
    .option('-n, --name <name>', 'what to call it here; its host name otherwise')
    .option('--password-stdin', 'read the Application Password from standard input instead of asking for it')
    .action((url, options) => choose(async () => (await import('./site.ts')).addSite(io, url, options), options.json));
  addForAccount(site, 'connect', 'connect a WordPress site by one click on a page of its own')
    .argument('<url>', 'address of the site')
    .option('--no-wait', 'print the page to open and end')
    .action((url, options) =>
      choose(async () => (await import('./site-connect.ts')).connectSite(io, url, options), options.json),
    );
  addForAccount(site, 'list', 'list the sites').action((options) =>
    choose(async () => (await import('./site.ts')).listSites(io, options), options.json),
  );
  addForAccount(site, 'check', 'does the site answer, and what may the user do there')
    .argument('[name]', 'one site; all of them otherwise')
    .option('--try-upload', 'upload an image of one pixel as well, and delete it again')
    .action((name, options) =>
      choose(async () => (await import('./site.ts')).checkSites(io, name, options), options.json),
    );

  addForAccount(site, 'posts', 'the posts of a site, whoever wrote them')
    .argument('<name>', 'the site')
    .option('--sync', 'read them from the site first')
    .action((name, options) =>
      choose(async () => (await import('./site-posts.ts')).listSitePosts(io, name, options), options.json),
    );

  const queue = program.command('queue').description('what goes to the sites, in which order and when');
  addForAccount(queue, 'show', 'show the queue of a site, or of all')
    .argument('[site]', 'one site; all of them otherwise')
    .action((name, options) =>
      choose(async () => (await import('./queue.ts')).showQueues(io, name, options), options.json),
    );
  for (const [command, description] of [
    ['pause', 'send nothing more to a site'],
    ['resume', 'go on sending to a site at once'],
    ['retry', 'try everything again that failed at a site'],
    ['cancel', 'give up everything that waits for a site'],
  ] as const) {
    addForAccount(queue, command, description)
      .argument('<site>', 'its name, address or id')
      .action((name, options) =>
        choose(async () => (await import('./queue.ts')).commandQueue(io, command, name, options), options.json),
      );
  }

  const publicationCommands = () => import('./publication-commands.ts');
  const publication = program.command('publication').description('articles on their way to sites');
  addForAccount(publication, 'list', 'list the publications, newest first')
    .addOption(new Option('--status <status>', 'only these').choices([...publicationStatuses]))
    .action((options) => choose(async () => (await publicationCommands()).listPublications(io, options), options.json));
  for (const [command, description] of [
    ['retry', 'try now what is not finished'],
    ['cancel', 'give up what has not been sent'],
  ] as const) {
    addForAccount(publication, command, description)
      .argument('<id>', 'its id, from publication list')
      .action((id, options) =>
        choose(async () => (await publicationCommands()).commandPublication(io, command, id, options), options.json),
      );
  }
  addForAccount(publication, 'move', 'change the place, the priority or the time of what waits')
    .argument('<id>', 'its id, from queue show')
    .option('--before <id>', 'directly before this one, whose priority it takes')
    .addOption(new Option('--last', 'to the end of its queue').conflicts('before'))
    .addOption(
      new Option('--priority <priority>', 'within its queue')
        .choices(['low', 'normal', 'high'])
        .conflicts(['before', 'last']),
    )
    .option('--at <time>', 'for example 2026-11-24T09:00, on the clocks of the site; "now" takes the time away')
    .action((id, options) =>
      choose(async () => (await publicationCommands()).movePublication(io, id, options), options.json),
    );
  const addForPublication = (name: string, description: string) =>
    addForAccount(publication, name, description).argument('<id>', 'its id, from publication list');
  addForPublication('update', 'bring the post up to date with its article').action((id, options) =>
    choose(async () => (await publicationCommands()).updatePublication(io, id, options), options.json),
  );
  addForPublication('unpublish', 'take the post back to a draft').action((id, options) =>
    choose(async () => (await publicationCommands()).unpublishPublication(io, id, options), options.json),
  );
  addForPublication('trash', "put the post into the site's trash")
    .option('--even-if-edited', 'also when a person has edited it on the site')
    .action((id, options) =>
      choose(async () => (await publicationCommands()).trashPublication(io, id, options), options.json),
    );
  addForPublication(
    'conflict',
    'show what a person changed on the site, what was changed here, and the choices',
  ).action((id, options) =>
    choose(async () => (await publicationCommands()).showConflict(io, id, options), options.json),
  );
  addForPublication('resolve', 'decide what holds after a person changed the post on the site')
    .addArgument(
      new Argument('<choice>', 'publication conflict says which there are').choices([
        'theirs',
        'ours',
        'merge',
        'leave',
        'again',
      ]),
    )
    .option('--text <file>', 'the merged Markdown, for merge')
    .action((id, choice, options) =>
      choose(async () => (await publicationCommands()).resolvePublication(io, id, choice, options), options.json),
    );

  addBackupCommands(program, io, add, choose);
  addFailureCommands(program, addForAccount, choose, io);
  addTopicCommands(program, io, addForAccount, choose);
  addMovingCommands(program, io, addForAccount, choose);
  addScheduleCommands(program, io, addForAccount, choose);

  const image = program.command('image').description('images for articles');
  const imageCommands = () => import('./image.ts');
  addForAccount(image, 'add', 'upload images')
    .argument('<file...>', 'PNG, JPEG, WebP or GIF, up to 10 MB each')
    .option('--article <id>', 'make it the featured image of this article')
    .option('--alt <text>', 'what it shows, for whoever cannot see it')
    .option('--caption <text>', 'what stands below it in a text')
    .action((files, options) =>
      choose(async () => (await imageCommands()).addImages(io, files, options), options.json),
    );
  addForAccount(image, 'list', 'list the images, newest first, with what each is used in')
    .option('--query <words>', 'only those with these words in name, alternative text, caption or prompt')
    .addOption(new Option('--kind <kind>', 'only these').choices(['upload', 'card', 'generated']))
    .option('--deleted', 'those in the bin')
    .action((options) => choose(async () => (await imageCommands()).listImages(io, options), options.json));
  addForAccount(image, 'delete', 'put images into the bin, where they stay up to 30 days')
    .argument('<id...>', 'their ids, from image list')
    .option('--force', 'also those that articles show')
    .action((ids, options) => choose(async () => (await imageCommands()).deleteImages(io, ids, options), options.json));
  addForAccount(image, 'restore', 'take an image out of the bin')
    .argument('<id>', 'its id, from image list --deleted')
    .action((id, options) => choose(async () => (await imageCommands()).restoreImage(io, id, options), options.json));

  const user = program.command('user').description('accounts of this instance');
  add(user, 'create', 'make an account')
    .requiredOption('-e, --email <address>', 'its mail address')
    .option('-n, --name <name>', 'what to call it; the part before the @ otherwise')
    .option('--admin', 'an admin, who manages the accounts; the first one takes over what was there before')
    .option('--password-stdin', 'read the password from standard input instead of asking for it')
    .action((options) => choose(async () => (await import('./user.ts')).createUser(io, options), options.json));
  add(user, 'list', 'list the accounts').action((options) =>
    choose(async () => (await import('./user.ts')).listUsers(io, options), options.json),
  );
  add(user, 'disable', 'stop an account at once: sessions, keys and work')
    .argument('<email>', 'its mail address')
    .action((email, options) =>
      choose(async () => (await import('./user.ts')).changeUser(io, email, { disabled: true }, options), options.json),
    );
  add(user, 'enable', 'let an account go on')
    .argument('<email>', 'its mail address')
    .action((email, options) =>
      choose(async () => (await import('./user.ts')).changeUser(io, email, { disabled: false }, options), options.json),
    );
  add(user, 'forget-two-factor', 'turn off the second factor of an account whose owner has lost it')
    .argument('<email>', 'its mail address')
    .action((email, options) =>
      choose(
        async () => (await import('./user.ts')).changeUser(io, email, { twoFactorEnabled: false }, options),
        options.json,
      ),
    );
  add(user, 'limit', 'set limits of an account; "default" takes that of the instance back')
    .argument('<email>', 'its mail address')
    .option('--requests <per minute>', 'requests a minute', limitNumber)
    .option('--concurrent <number>', 'pipelines at a time', limitNumber)
    .option('--queued <number>', 'pipelines that may wait for a place', limitNumber)
    .option('--articles <per month>', 'articles a month', limitNumber)
    .option('--dollars <per month>', 'what the instance pays for a month; 0 for nothing', limitDollars)
    .option('--article-dollars <per article>', 'what the instance pays for one article', limitDollars)
    .action((email, options) =>
      choose(async () => (await import('./user.ts')).limitUser(io, email, options), options.json),
    );

  add(program, 'openapi', 'write openapi.json, the description of the API')
    .option('-o, --out <file>', 'write to this file')
    .option('--check', 'write nothing; exit status 1 when the file is out of date')
    .action((options) => choose(async () => (await import('./openapi.ts')).openapiCommand(io, options), options.json));

  return program;
}

/** What ended failed, and the order of what waits. */
function addFailureCommands(
  program: Command,
  addForAccount: (parent: Command, nameAndArgs: string, description: string) => Command,
  choose: (run: Run, json: boolean) => void,
  io: Io,
): void {
  const commands = () => import('./failure.ts');
  const failure = program.command('failure').description('what ended failed and is not tried again by itself');
  const kind = () => new Option('--kind <kind>', 'only these').choices(['pipeline', 'publication', 'webhook', 'mail']);
  const ids = 'their ids, from failure list';
  addForAccount(failure, 'list', 'list what failed, with the cause and what to do')
    .addOption(kind())
    .option('--dismissed', 'those that were put aside')
    .option('--all-accounts', 'of everyone: how many with which cause')
    .option('--code <code>', 'with --all-accounts: only this cause, for example model_unavailable')
    .option('--since <time>', 'with --all-accounts: what failed since, for example 2h or 2026-11-24T03:00:00Z')
    .action((options) => choose(async () => (await commands()).listFailures(io, options), options.json));
  addForAccount(failure, 'redrive', 'try again what failed; what is done already is not done twice')
    .argument('[id...]', ids)
    .addOption(kind())
    .option('--all', 'everything that can be tried again')
    .option('--all-accounts', 'of everyone, by --code or --kind')
    .option('--code <code>', 'with --all-accounts: only this cause, for example model_unavailable')
    .option('--since <time>', 'with --all-accounts: what failed since, for example 2h or 2026-11-24T03:00:00Z')
    .action((list, options) => choose(async () => (await commands()).redriveFailures(io, list, options), options.json));
  addForAccount(failure, 'dismiss', 'put aside what failed: it is no longer listed')
    .argument('[id...]', ids)
    .addOption(kind())
    .option('--all', 'everything')
    .option('--undo', 'take it back')
    .action((list, options) => choose(async () => (await commands()).dismissFailures(io, list, options), options.json));

  const pipeline = program.command('pipeline').description('articles on their way');
  addForAccount(pipeline, 'priority', 'let one go before or behind your others, at once')
    .argument('<id>', 'its id, from the address of its page')
    .addArgument(new Argument('<priority>', 'which').choices(['low', 'normal', 'high']))
    .action((id, priority, options) =>
      choose(async () => (await import('./pipeline.ts')).prioritizePipeline(io, id, priority, options), options.json),
    );
}

const collect = (value: string, earlier: string[]) => [...earlier, value];

function words(value: string): { min: number; max: number } {
  const [, min, max] = /^(\d{3,4})-(\d{3,4})$/.exec(value) ?? [];
  if (!min || !max || Number(min) > Number(max))
    throw new InvalidArgumentError('Give the shortest and the longest, for example 600-900.');
  return { min: Number(min), max: Number(max) };
}

/** What needs no quotes in an address, and is no role of PostgreSQL itself. */
function roleName(value: string): string {
  if (!/^(?!pg_)[a-z_][a-z0-9_-]{0,62}$/.test(value))
    throw new InvalidArgumentError('Give a name of small letters, digits, _ and -.');
  return value;
}

/** A whole number, or `default`; not null, which commander takes for an option without a value. */
function limitNumber(value: string): number | 'default' {
  if (value === 'default') return value;
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('Give a whole number, or default.');
  return Number(value);
}

function limitDollars(value: string): number | 'default' {
  if (value === 'default') return value;
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(value) || Number(value) > 1_000_000) {
    throw new InvalidArgumentError('Give dollars from 0 to 1000000, for example 5 or 0.50, or default.');
  }
  return Number(value);
}

function dollars(value: string): number {
  if (!/^\d{1,3}(\.\d{1,6})?$/.test(value)) throw new InvalidArgumentError('Give dollars, for example 0.50.');
  return Number(value);
}

import { type Command, Option } from 'commander';
import { topicStatuses } from '../topics/schema.ts';
import type { Io } from './io.ts';

type Run = () => Promise<number>;

/** The commands for topics and watched sources. */
export function addTopicCommands(
  program: Command,
  io: Io,
  addForAccount: (parent: Command, nameAndArgs: string, description: string) => Command,
  choose: (run: Run, json: boolean) => void,
): void {
  const commands = () => import('./topic-commands.ts');
  const topic = program.command('topic').description('the backlog that schedules write about');
  const site = '--site <name>';
  const allow = () => new Option('--duplicates <rule>', 'what to do about a near-duplicate').choices(['stop', 'allow']);
  addForAccount(topic, 'list', 'list the topics in the order in which they are taken')
    .addOption(new Option('--status <status>', 'only these').choices([...topicStatuses]))
    .option(site, 'only those for this site, or for any')
    .action((options) => choose(async () => (await commands()).listTopics(io, options), options.json));
  addForAccount(topic, 'add', 'put a topic at the end of the backlog')
    .argument('<topic>', 'what the article is about')
    .option('--keyword <keyword>', 'the search term it should be found under')
    .option('--note <text>', 'for people only')
    .option(site, 'only for this site')
    .option(
      '-s, --source <url>',
      'a page to draw on (again for more)',
      (url: string, all: string[]) => [...all, url],
      [],
    )
    .addOption(allow())
    .action((words, options) => choose(async () => (await commands()).addTopic(io, words, options), options.json));
  addForAccount(topic, 'import', 'add the topics of a CSV file, or of a plain list (.txt, one a line)')
    .argument('<file>', 'up to 5,000 topics and 5 MB')
    .option(site, 'for topics whose line names no site')
    .option('--encoding <name>', 'for example utf-8 or windows-1252; found out otherwise')
    .option('--dry-run', 'only say what would happen')
    .action((file, options) => choose(async () => (await commands()).importTopics(io, file, options), options.json));
  addForAccount(topic, 'gaps', 'propose what your sources and others treat and you do not')
    .option(site, 'for this site')
    .action((options) => choose(async () => (await commands()).findGaps(io, options), options.json));
  addForAccount(topic, 'accept', 'accept proposals, or take dismissed topics back')
    .argument('<id...>', 'their ids, from topic list')
    .addOption(allow())
    .action((ids, options) =>
      choose(async () => (await commands()).decideTopics(io, 'open', ids, options), options.json),
    );
  addForAccount(topic, 'dismiss', 'take topics out; they can be accepted again')
    .argument('<id...>', 'their ids, from topic list')
    .action((ids, options) =>
      choose(async () => (await commands()).decideTopics(io, 'dismissed', ids, options), options.json),
    );

  const sourceCommands = () => import('./source-commands.ts');
  const source = program.command('source').description('feeds and sites of others whose new posts are looked at');
  const byId = (name: string, description: string) =>
    addForAccount(source, name, description).argument('<id>', 'its id, from source list');
  addForAccount(source, 'list', 'list the watched sources, newest first').action((options) =>
    choose(async () => (await sourceCommands()).listSources(io, options), options.json),
  );
  addForAccount(source, 'add', 'watch a feed or a site')
    .argument('<url>', 'its address')
    .option('-n, --name <name>', 'what to call it; its own title otherwise')
    .option(site, 'the site that its proposals are for')
    .action((url, options) => choose(async () => (await sourceCommands()).addSource(io, url, options), options.json));
  byId('check', 'read a source now').action((id, options) =>
    choose(async () => (await sourceCommands()).checkSource(io, id, options), options.json),
  );
  byId('pause', 'read a source no more')
    .option('--resume', 'go on reading it')
    .action((id, options) => choose(async () => (await sourceCommands()).pauseSource(io, id, options), options.json));
  byId('delete', 'stop watching a source; what it proposed stays').action((id, options) =>
    choose(async () => (await sourceCommands()).deleteSource(io, id, options), options.json),
  );
}

import { locale } from './language.ts';

const topicsOf = (count: number) => (count === 1 ? '1 topic' : `${count.toLocaleString(locale)} topics`);

/** The words of the pages of topics. */
export const topicWords = {
  title: 'Topics',
  backlog: 'Backlog',
  intro:
    'What your articles will be about. Schedules take the first topic that fits; you can write about any of them at any time.',
  count: topicsOf,
  which: 'Which topics',
  shows: { open: 'Open', proposed: 'Proposed', used: 'Used', dismissed: 'Dismissed' },
  search: 'Search the topics',
  site: 'Site',
  allSites: 'All sites',
  anySite: 'Any site',
  unknownSite: 'A site that was removed',
  nothingFoundHint: 'Looked for in topics, keywords and notes.',
  list: { open: 'Open topics', proposed: 'Proposed topics', used: 'Used topics', dismissed: 'Dismissed topics' },
  empty: {
    open: {
      title: 'No topics yet',
      hint: 'Type one above and press Enter, or paste a list, one topic a line. You can also import a file, or watch feeds and sites that give you ideas.',
    },
    proposed: {
      title: 'No proposals',
      hint: 'They come from the feeds and sites that you watch, and from gaps between your own articles.',
    },
    used: {
      title: 'Nothing written yet',
      hint: 'Topics that an article was started about stand here, with the article.',
    },
    dismissed: {
      title: 'Nothing dismissed',
      hint: 'What you dismiss stands here, is not proposed again, and can be taken back.',
    },
  },
  openForSite: {
    title: 'No topics for this site',
    hint: 'Add one for it above, or look at the topics of all sites.',
  },
  importLink: 'Import a list',
  sourcesLink: 'Watch feeds and sites',

  add: {
    label: 'Add topics',
    placeholder: 'A topic, or a list with one topic a line',
    hint: 'Enter adds it. Shift + Enter begins another line; a list that you paste becomes one topic a line.',
    submit: (count: number) => (count > 1 ? `Add ${topicsOf(count)}` : 'Add'),
    adding: 'Adding …',
    more: 'Keyword, site, note',
    added: (count: number) => (count === 1 ? 'Added at the end.' : `${topicsOf(count)} added at the end.`),
    known: (count: number) => (count === 1 ? '1 was there already' : `${topicsOf(count)} were there already`),
    knownHint: 'In your backlog, or twice in your list, and so not added again:',
    refused: (count: number) =>
      count === 1 ? '1 is much like something you have' : `${topicsOf(count)} are much like something you have`,
    refusedHint: 'Not added, so that you do not write the same article twice:',
    anyway: 'Add anyway',
    anywayAll: (count: number) => (count === 1 ? 'Add it anyway' : `Add all ${count.toLocaleString(locale)} anyway`),
    alike: 'You have something much like it',
    tooMany: (count: number) => `${topicsOf(count)} are more than 500 at once`,
    tooManyHint:
      'Import takes lists of up to 5,000 and shows you first what becomes of them. Your list is carried over.',
    toImport: 'Import this list',
    missing: 'Type a topic first.',
  },
  duplicateOf: {
    article: 'Your article:',
    pipeline: 'Being written:',
    post: 'A post of your site:',
    topic: 'In your backlog:',
    on: (site: string) => `(${site})`,
    why: (reason: string) => `${reason.slice(0, 1).toUpperCase()}${reason.slice(1).replace(/[.\s]+$/, '')}.`,
  },
  form: {
    topic: 'Topic',
    keyword: 'Keyword',
    keywordHint: 'What people search for. Left empty, one is found.',
    site: 'Site',
    note: 'Note',
    noteHint: 'For you; nothing is written from it.',
    save: 'Save',
    saving: 'Saving …',
    saved: 'Saved.',
  },
  keyword: (word: string) => `Keyword: ${word}`,
  sources: (count: number) => (count === 1 ? '1 source' : `${count} sources`),
  origins: {
    manual: (date: string) => `Added ${date}`,
    import: (date: string) => `Imported ${date}`,
    feed: (date: string) => `From a watched feed, ${date}`,
    site: (date: string) => `From a watched site, ${date}`,
    gap: (date: string) => `A gap of yours, ${date}`,
  },
  write: 'Write now',
  writeOf: (topic: string) => `Write now: ${topic}`,
  edit: 'Change',
  editOf: (topic: string) => `Change: ${topic}`,
  dismiss: 'Dismiss',
  dismissOf: (topic: string) => `Dismiss: ${topic}`,
  up: (topic: string) => `Move up: ${topic}`,
  down: (topic: string) => `Move down: ${topic}`,
  top: (topic: string) => `Move to the top: ${topic}`,
  upShort: 'Move up',
  downShort: 'Move down',
  topShort: 'Move to the top',
  drag: 'Drag to move',
  moved: (topic: string, place: number, all: string) => `“${topic}” is now ${place} of ${all}.`,
  notDone: 'It was not done',
  dismissed: (topics: string[]) =>
    topics.length === 1 ? `“${shorten(topics[0])}” is dismissed.` : `${topicsOf(topics.length)} dismissed.`,
  accepted: (topics: string[]) =>
    topics.length === 1 ? `“${shorten(topics[0])}” is in the backlog.` : `${topicsOf(topics.length)} accepted.`,
  restored: (topics: string[]) =>
    topics.length === 1 ? `“${shorten(topics[0])}” is back.` : `${topicsOf(topics.length)} are back.`,
  notAccepted: (count: number) =>
    count === 1 ? '1 topic is much like something you have' : `${topicsOf(count)} are much like something you have`,
  notAcceptedHint: 'Left where they are, so that you do not write the same article twice:',
  acceptAnyway: (count: number) =>
    count === 1 ? 'Accept it anyway' : `Accept all ${count.toLocaleString(locale)} anyway`,
  undo: 'Undo',
  takeBack: 'Take back',
  takeBackOf: (topic: string) => `Take back: ${topic}`,
  used: 'used',
  seeRun: 'See the run',
  seeRunOf: (topic: string) => `See the run: ${topic}`,
  read: 'Read the article',
  readOf: (topic: string) => `Read the article: ${topic}`,
  runGone: 'Its run was removed.',

  accept: 'Accept',
  acceptOf: (topic: string) => `Accept: ${topic}`,
  select: (topic: string) => `Select: ${topic}`,
  selectAll: 'Select all that are shown',
  selected: (count: number) => (count === 0 ? 'None selected' : `${count.toLocaleString(locale)} selected`),
  acceptSelected: (count: number) => `Accept ${count.toLocaleString(locale)}`,
  dismissSelected: (count: number) => `Dismiss ${count.toLocaleString(locale)}`,
  score: (score: number) => `Score ${score}`,
  noScore: 'No score',
  scoreHint: 'How well it fits what you write about, 0 to 100.',
  evidence: 'What speaks for it',
  moreEvidence: (count: number) => `and ${count} more`,
  fewerEvidence: 'Show fewer',
  keys: 'Keys',
  keysOff: 'Turn the keys off',
  keysOn: 'Turn the keys on',
  keysAreOff: 'The keys j, k, x, a and d are off.',
  keyNames: { j: 'next', k: 'previous', x: 'select', a: 'accept', d: 'dismiss' },
  gaps: {
    find: 'Find gaps',
    finding: 'Looking …',
    hint: 'Looks for what your sources and others write about and you do not. Costs nothing.',
    found: (count: number) => (count === 1 ? '1 gap is proposed.' : `${topicsOf(count)} are proposed.`),
    none: 'No gap was found that is not among your topics already.',
  },

  fromTopic: 'From your backlog',
  fromTopicHint: 'When you start, the topic is marked used, so that no schedule writes about it again.',
  fromTopicOther: 'Write about something else',
  usedAlready: 'An article about this topic was started already',
  usedAlreadyHint: 'By you or by a schedule. The form below is empty, for another article.',
  topicGone: 'This topic is not there any more',
  topicGoneHint: 'It may have been deleted. The form below is empty, for another article.',
};

/** Toasts are one line. */
function shorten(text = ''): string {
  return text.length > 60 ? `${text.slice(0, 60).trimEnd()}…` : text;
}

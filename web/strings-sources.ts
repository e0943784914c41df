import { locale, wordsOf } from './language.ts';

const number = (count: number) => count.toLocaleString(locale);

/** The words of the page of what articles were written from. */
export const sourceLibraryWords = wordsOf('sourceLibraryWords', {
  title: 'Sources',
  intro: 'What your articles were written from, word for word as it was read.',
  watched: 'Watched feeds',
  search: 'Search title, address or author',
  show: 'Which sources',
  shows: {
    '': 'All sources',
    used: 'Cited by an article',
    unused: 'Cited by none',
    deleted: 'In the bin',
  } as Record<string, string>,
  list: 'Sources',
  empty: 'No sources yet',
  emptyHint:
    'Give an article pages, files or notes to write from, or let it search. What it reads is kept here, and each claim shows its quote in it.',
  start: 'Write an article',
  emptyShow: {
    used: { title: 'None is cited', hint: 'What an article cites appears here once it is written.' },
    unused: { title: 'Every source is cited', hint: 'There is nothing that you could do without.' },
    deleted: { title: 'The bin is empty', hint: 'Deleted sources stay here for 30 days.' },
  } as Record<string, { title: string; hint: string }>,
  nothingFoundHint: 'Try a word of the title, or a part of the address.',
  kinds: { url: 'Page', 'feed-item': 'Entry of a feed', file: 'File', text: 'Pasted text' },
  open: (title: string) => `Open: ${title}`,
  words: (count: number) => (count === 1 ? '1 word' : `${number(count)} words`),
  read: 'Read',
  usedIn: (articles: number, claims: number) =>
    `${articles === 1 ? '1 article' : `${number(articles)} articles`}, ${claims === 1 ? '1 claim' : `${number(claims)} claims`}`,
  unused: 'Not cited',
  deletedHint:
    'What you delete stays here for 30 days. What a search found comes here too, once nothing has cited or read it for 180 days.',
  gone: 'There is no such source any more',
  facts: 'Facts',
  address: 'Address',
  author: 'Author',
  published: 'Published',
  checked: 'Asked for again',
  namedBy: 'Named by',
  brief: 'you, in a brief',
  foundBy: (query: string) => `a search for “${query}”`,
  uses: 'Used in',
  notUsed: 'No article cites it.',
  claims: (count: number) => (count === 1 ? '1 claim' : `${number(count)} claims`),
  footnote: (count: number) => `footnote ${number(count)}`,
  inBin: 'in the bin',
  readings: 'Other readings of this address',
  text: 'What was read',
  quoted: (count: number) => (count === 1 ? 'Quoted by 1 claim' : `Quoted by ${number(count)} claims`),
  refresh: 'Read again',
  refreshing: 'Reading …',
  refreshHint:
    'Stored words never change, because claims quote them. Should the page say something else now, that becomes a source of its own.',
  same: 'The page still says the same.',
  other: 'The page says something else now. It is stored as a source of its own.',
  remove: 'Delete',
  removed: 'The source is in the bin.',
  undo: 'Undo',
  restore: 'Take it out of the bin',
  restored: 'The source is back.',
  proof: 'It is the proof of what an article says, and stays as long as that does.',
});

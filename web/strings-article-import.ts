import { locale, wordsOf } from './language.ts';

const number = (count: number) => count.toLocaleString(locale);
const articlesOf = (count: number) => (count === 1 ? '1 article' : `${number(count)} articles`);

/** The words of the page where articles of elsewhere are taken over. */
export const articleImportWords = wordsOf('articleImportWords', {
  title: 'Import articles',
  intro:
    'Takes over articles that were written elsewhere, as drafts: JSON files of an earlier blog-poster, or Markdown with or without front matter. You see first what becomes of each.',
  files: 'Your files',
  filesHint: 'Any number of .json and .md files. Nothing that is here is changed, and nothing is taken twice.',
  choose: 'Choose files',
  chooseFolder: 'Choose a folder',
  orDrop: 'or drop them anywhere on this page',
  drop: 'Drop the files to read them',
  chosen: (count: number) => (count === 1 ? '1 file' : `${number(count)} files`),
  ignored: (count: number) =>
    count === 1
      ? '1 file is neither JSON nor Markdown and is left out'
      : `${number(count)} files are neither JSON nor Markdown and are left out`,
  noneUsable: 'There is no JSON or Markdown file among these.',
  tooLarge: (names: string) => `Too large to be an article: ${names}. An article may have half a million characters.`,
  looking: (done: number, all: number) => `Looking at ${number(done)} of ${articlesOf(all)} …`,
  previewTitle: 'What will happen',
  nothingYet: 'Nothing is stored yet.',
  import: (count: number) => `Import ${articlesOf(count)}`,
  importing: (done: number, all: number) => `Importing: ${number(done)} of ${articlesOf(all)}`,
  stop: 'Stop here',
  stopped: 'Stopped. What was imported stays; import the same files again to go on.',
  broken: 'The import was broken off. What was imported stays; go on where it was.',
  goOn: 'Go on',
  otherFiles: 'Choose other files',
  wouldCreate: (count: number) => (count === 1 ? '1 draft will be made' : `${number(count)} drafts will be made`),
  created: (count: number) => (count === 1 ? '1 draft was made' : `${number(count)} drafts were made`),
  known: (count: number) => (count === 1 ? '1 article is here already' : `${articlesOf(count)} are here already`),
  knownHint: 'They were imported before and stay as they are, whatever you have changed in them.',
  binned: (count: number) => (count === 1 ? '1 article is in the bin' : `${articlesOf(count)} are in the bin`),
  binnedHint: 'They were imported before and deleted. Restore them in the bin.',
  differs: (count: number) =>
    count === 1
      ? '1 file has another text than what was imported before'
      : `${number(count)} files have other texts than what was imported before`,
  differsHint: 'The articles here stay as they are. Give a file another address (slug) to have both.',
  refused: (count: number) => (count === 1 ? '1 file cannot be taken' : `${number(count)} files cannot be taken`),
  refusedHint: 'The others are imported all the same.',
  all: (count: number) => `Show all ${number(count)}`,
  fewer: 'Show fewer',
  nothing: 'There is nothing new in these files.',
  done: 'Imported',
  doneNothing: 'Nothing new was imported',
  toDrafts: 'To the drafts',
});

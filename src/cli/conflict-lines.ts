import type { ConflictView } from '../publishing/conflict.ts';

const what = {
  edited: 'The post was changed on the site, and the article here. Nothing was overwritten.',
  trashed: 'The post lies in the trash of the site. It was left there.',
  deleted: 'The post was deleted on the site. It was not made anew.',
  converted: 'The post is something else on the site now, such as a page. It was left as it is.',
};
const choices = {
  theirs: 'the article takes over what is on the site',
  ours: 'the post is written over with what is here',
  merge: 'both take the text of a file: --text FILE',
  leave: 'the post stays as and where it is',
  again: 'the post comes out of the trash, or is made anew',
};

type Field = ConflictView['fields'][number];
type Version = 'base' | 'ours' | 'theirs';

/** A conflict in lines: what differs in three versions, both texts merged with the open places marked, and the choices. */
export function conflictLines(conflict: ConflictView): string[] {
  const { publicationId, kind, fields, text } = conflict;
  return [
    what[kind],
    ...fields.flatMap((field) => [
      `${field.name}:`,
      `  before       ${said(field, 'base')}`,
      `  here         ${said(field, 'ours')}`,
      `  on the site  ${said(field, 'theirs')}`,
    ]),
    ...(text ? textLines(text) : []),
    'Decide:',
    ...conflict.choices.map(
      (choice) => `  publication resolve ${publicationId} ${choice.padEnd(6)}  ${choices[choice]}`,
    ),
  ];
}

/** Names where the site has told them; else the value as it is compared. */
function said({ names, ...field }: Field, version: Version): string {
  const value = names ? (names[version]?.join(', ') ?? null) : field[version];
  return value === null ? '(not known)' : value === '' ? '(nothing)' : value;
}

/** As in a merge that stops half way: what is agreed, and between marks what is not. */
function textLines({ hunks, ours, theirs, lost }: NonNullable<ConflictView['text']>): string[] {
  if (ours.trim() === theirs.trim()) return [];
  return [
    'text:',
    ...hunks.flatMap((hunk) =>
      hunk.kind === 'agreed'
        ? lines(hunk.text)
        : [
            '<<<<<<< here',
            ...lines(hunk.ours),
            ...(hunk.base === null ? [] : ['||||||| before', ...lines(hunk.base)]),
            '=======',
            ...lines(hunk.theirs),
            '>>>>>>> on the site',
          ],
    ),
    ...(lost.length === 0
      ? []
      : [`Formatting on the site that stays as long as the words there are not changed here: ${lost.join(', ')}.`]),
  ];
}

const lines = (text: string) => (text.trim() === '' ? [] : text.trim().split('\n').concat(''));

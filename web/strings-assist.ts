import { wordsOf } from './language.ts';

/** The words of what helps while one writes. */
export const assistWords = wordsOf('assistWords', {
  seo: {
    live: 'As you write',
    checking: 'Looking again …',
    unreachable: 'The check could not be made. It is tried again with your next change.',
  },
  claims: {
    changed: (count: number) => (count === 1 ? '1 changed' : `${count} changed`),
    missing: (count: number) => (count === 1 ? '1 not in the text' : `${count} not in the text`),
    isChanged: 'changed since the check',
    isMissing: 'not in the text any more',
    now: 'It reads now:',
  },
  links: {
    title: 'Posts of yours to link to',
    none: 'The text links to all that is close to it, or there is nothing close.',
    link: 'Link it',
    linkTo: (title: string) => `Link the mention of “${title}”`,
    unmentioned: 'Not mentioned in the text',
    done: 'Linked. Undo takes it back.',
  },
  revise: {
    bar: 'Change the selection',
    actions: { rewrite: 'Rewrite', shorten: 'Shorten', expand: 'Expand', tone: 'Tone' },
    titles: {
      rewrite: 'Rewrite the selection',
      shorten: 'Shorten the selection',
      expand: 'Say more about it',
      tone: 'Change the tone',
    },
    tone: 'Tone',
    tones: { plain: 'Plain', friendly: 'Friendly', formal: 'Formal', confident: 'Confident' },
    instruction: 'How you want it (optional)',
    instructionHint: 'For example: for beginners, without jargon.',
    estimating: 'Working out what it costs …',
    estimate: (likely: string, high: string, model: string) => `About ${likely}, at most ${high}, by ${model}.`,
    free: 'Free: the offline writer leaves sentences out.',
    ownKey: 'With your own key.',
    grounds: 'Only the sources that the selection cites can be cited.',
    run: 'Go',
    running: 'A model is at work …',
    cancel: 'Cancel',
    cancelled: 'Cancelled. What the call had cost by then is counted.',
    cost: (money: string, model: string) => `Cost ${money}, by ${model}.`,
    estimated: 'The provider did not say what it cost: what was reserved for it counts.',
    known: 'It had been paid for before.',
    changes: 'Changes',
    same: 'It says the same.',
    checked: (count: number) => (count === 1 ? '1 claim holds.' : `${count} claims hold.`),
    doubtful: (count: number) =>
      count === 1
        ? '1 sentence is not borne out by its source'
        : `${count} sentences are not borne out by their sources`,
    doubtfulHint: 'They carry no footnote. If you accept them, they stand in the list of claims as unsupported.',
    lost: (labels: string) => `No longer cited here: footnote ${labels}.`,
    accept: 'Accept',
    again: 'Try again',
    discard: 'Discard',
    gone: 'The text at this place has gone meanwhile. Copy what you need from here.',
  },
});

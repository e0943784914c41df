import { wordsOf } from './language.ts';

/** The words of the front of the house, for who is signed out. */
export const landingWords = wordsOf('landingWords', {
  title: 'Articles with their sources, published once',
  heading: 'Articles that show where every claim comes from',
  intro:
    'Name a topic. blog-poster reads real sources, writes an article that quotes them, checks each claim against its passage, and publishes it to your WordPress site, once, within the budget you set.',
  register: 'Create an account',
  logIn: 'Log in',
  signUps: {
    open: '',
    invite: 'New accounts are by invitation here. If you were invited, open the link in your mail.',
    closed: 'No new accounts are made here. Whoever runs this instance can make one for you.',
  },
  promises: 'What it holds to',
  proofs: [
    {
      title: 'No invented source',
      text: 'A citation can only point at a passage that was read and stored. Its quote stands there word for word, one click away.',
    },
    {
      title: 'No cap is passed',
      text: 'The most a call can cost is set aside before it is made. What does not fit waits, and you are told.',
    },
    {
      title: 'Nothing is paid twice',
      text: 'Each finished step is kept. After a crash, a restart or a retry the work goes on from there.',
    },
    {
      title: 'A post appears once',
      text: 'Lost answers and time-outs lead to a look at the site, not to a second post. No plugin is needed.',
    },
    {
      title: 'Your edits stay',
      text: 'What a person changed on the site is never written over. You see both versions and choose.',
    },
    {
      title: 'You have the last word',
      text: 'Nothing goes public before you approve it, unless you say otherwise. The receipt lists every call and its price.',
    },
  ],
  picture: {
    label: 'An article with a checked claim, its receipt and its publication',
    title: 'Keeping a sourdough starter alive',
    before: 'A cold kitchen is no obstacle. ',
    claim: 'At 4 degrees Celsius a starter can rest for two weeks without being fed.',
    after: ' After that it takes a few regular feedings to bring it back.',
    verdict: 'supported',
    source: 'Temperature and time',
    quoteBefore: 'Fermentation slows down when the dough is cold. ',
    quote: 'At 4 degrees Celsius a starter can rest for two weeks without being fed.',
    receipt: 'Receipt',
    claims: ['Claims with a quote', '31 of 31'],
    cost: ['Cost', '$0.0412 of $0.50'],
    post: ['On your site', 'published once'],
  },
  links: 'About this instance',
  terms: 'Terms',
  privacy: 'Privacy',
  source: 'Source',
  api: 'API documentation',
});

/** A page to be read as a source: what a site serves, and the text that is in it. */
export interface Page {
  html: string;
  text: string;
}

const subjects =
  'repository,snapshot,archive,schedule,restore test,retention rule,checksum,storage node,upload queue,encryption key,replica,index file,transfer log,cold tier,catalogue,maintenance window'.split(
    ',',
  );
const places = 'Aarhus,Bologna,Cardiff,Dresden,Evora,Freiburg,Ghent,Haarlem,Innsbruck,Jena'.split(',');
const actions = 'keeps,moves,compares,records,verifies,replaces,delays,removes,copies,measures'.split(',');
const objects =
  'changed blocks,old versions,missing files,weekly copies,damaged parts,signed lists,empty folders,large tables,open transactions,shared volumes'.split(
    ',',
  );
const reasons =
  'because a broken copy is found only when somebody reads it,so that a single fault never takes two copies with it,although most teams notice it much later,when the nightly window is too short for everything,before the oldest version is allowed to expire,while the service goes on answering its readers'.split(
    ',',
  );

/** A small generator of pseudo-random numbers (mulberry32): the same seed always makes the same page. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function sentence(random: () => number): string {
  const pick = (list: string[]) => list[Math.floor(random() * list.length)] ?? '';
  const number = 2 + Math.floor(random() * 900);
  const forms = [
    () =>
      `The ${pick(subjects)} in ${pick(places)} ${pick(actions)} ${number} ${pick(objects)} a day, ${pick(reasons)}.`,
    () => `A ${pick(subjects)} ${pick(actions)} ${pick(objects)} within ${number} minutes, ${pick(reasons)}.`,
    () =>
      `In ${1990 + Math.floor(random() * 35)} the team in ${pick(places)} found that every ${pick(subjects)} ${pick(actions)} about ${number} ${pick(objects)}.`,
    () =>
      `Most of the ${pick(objects)} belong to one ${pick(subjects)}, which ${pick(actions)} them ${number} times a month.`,
  ];
  return (forms[Math.floor(random() * forms.length)] as () => string)();
}

/** A page of about `words` English words in a site's usual clothes: navigation, scripts, teasers, a footer. */
export function makePage(seed: number, words: number): Page {
  const random = randomFrom(seed);
  const title = `Backups in practice, part ${seed}`;
  const body: string[] = [];
  const texts: string[] = [];
  let count = 0;
  for (let section = 1; count < words; section++) {
    body.push(`<h2>What the ${subjects[section % subjects.length]} needs (${section})</h2>`);
    for (let paragraph = 0; paragraph < 3 && count < words; paragraph++) {
      const sentences = Array.from({ length: 5 }, () => sentence(random));
      count += sentences.join(' ').split(' ').length;
      texts.push(sentences.join(' '));
      body.push(`<p>${sentences.join(' ')} <a href="/more/${section}">More</a></p>`);
    }
  }
  const links = Array.from({ length: 60 }, (_, index) => `<li><a href="/topic/${index}">Topic ${index}</a></li>`).join(
    '',
  );
  const script = `<script>window.settings = ${JSON.stringify(Array.from({ length: 400 }, (_, index) => ({ index, on: true })))};</script>`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>${script}<style>${'.a{color:red}'.repeat(500)}</style></head>
<body><header><nav><ul>${links}</ul></nav></header><main><article><h1>${title}</h1>${body.join('\n')}</article></main>
<aside><h3>Read next</h3><ul>${links}</ul></aside><footer><p>All rights reserved. <a href="/imprint">Imprint</a></p></footer></body></html>`;
  return { html, text: texts.join(' ') };
}

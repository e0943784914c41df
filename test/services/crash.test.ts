import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBefore, productFiles, type Site, sitesOf } from '../awaits/instrument.ts';
import { installHooks, type Side } from '../awaits/mortal-life.ts';
import { expectOneStory, expectPaidOnce, markOf, resultOf } from './crash-books.ts';
import { exempt, isOf, rooms } from './crash-exempt.ts';
import { type Fate, immortal, type Rig, startRig } from './crash-rig.ts';
import { beginPlay, type Scenario, scenarios } from './crash-scenarios.ts';
import { seeded } from './seeded.ts';

/*
 * Workers of pipelines that die at every place where their code waits, and at random moments. The places are listed by
 * reading the code (test/awaits/instrument.ts), so a new one fails the first test until a scenario comes by it, or it is
 * exempt for a reason. Each death is followed by another worker, until the article is done: then it is the same article as
 * if nothing had happened, every answer was paid once, and what was under way in a death is marked.
 */

const sides: Side[] = ['before', 'after'];
const placeOf = (site: Site, side: Side) => `${side} ${site}`;
const isOfPipelines = (site: Site) => rooms.some((room) => site.startsWith(`src/${room}/`));

let rig: Rig;
const killed = new Set<string>();
beforeAll(async () => {
  installHooks();
  rig = await startRig({ LLM_MODEL: 'openai:gpt-4o-mini,openai:gpt-4o' });
});
afterAll(() => rig?.close());

/** Plays it; all of it holds afterwards. Returns what it has come to. */
async function perform(scenario: Scenario, fate: Fate): Promise<unknown> {
  const mark = markOf(rig);
  const play = await beginPlay(rig, fate);
  await scenario(play);
  await expectPaidOnce(rig, [play.userId], mark);
  await expectOneStory(rig, play.userId);
  return resultOf(rig.ctx.db, play.userId);
}

/** Dies once on each side of each place that no worker has died at yet. */
const atEveryPlace: Fate = ({ site, side }) => {
  const place = placeOf(site, side);
  if (!isOfPipelines(site) || killed.has(place)) return false;
  killed.add(place);
  return true;
};

/** Deaths at random moments, and the most places that a worker passes before it dies: of three one gets far. */
const randomDeaths = 200;
const lifetimes = [120, 300, 900];
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

/** Each life ends after another number of places. */
function atRandom(random: () => number): Fate {
  let last = 0;
  return (_death, passed) => {
    if (passed === 1) last = 1 + Math.floor(random() * (lifetimes[Math.floor(random() * lifetimes.length)] ?? 0));
    return passed === last;
  };
}

describe('workers that die at every place where they wait', () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`leave an article ${name}`, async () => {
      const clean = await perform(scenario, immortal);
      // What only happens once in an article is passed on one side of it; then another article is played.
      const deaths = rig.deaths.length;
      for (let before = -1; before < killed.size; ) {
        before = killed.size;
        expect(await perform(scenario, atEveryPlace)).toEqual(clean);
      }
      console.log(`${rig.deaths.length - deaths} deaths: an article ${name}`);
    }, 600_000);
  }

  test('have died at all of them, but for those that are exempt', () => {
    const sites = productFiles()
      .filter((file) => rooms.some((room) => file.startsWith(`src/${room}/`)))
      .flatMap(sitesOf);
    const isExempt = (site: Site) => exempt.some(({ of }) => isOf(site, of));
    const alive = sites.flatMap((site) =>
      sides
        .filter((side) => !killed.has(placeOf(site, side)) && (side === 'after' || hasBefore(site)))
        .map((side) => ({ site, side })),
    );
    const missing = alive.filter(({ site }) => !isExempt(site)).map(({ site, side }) => placeOf(site, side));
    const count = `${sites.length} places, ${sites.filter((site) => !isExempt(site)).length} of them not exempt`;
    console.log(`${count}; ${killed.size} sides of places died at`);
    expect(missing.toSorted(), 'Let a scenario come by these, see CONTRIBUTING.md').toEqual([]);
  });

  test('are exempt only where none comes by', () => {
    const sites = productFiles().flatMap(sitesOf);
    const touched = exempt.filter(({ of, sometimes }) => {
      const own = sites.filter((site) => isOf(site, of));
      if (sometimes && own.length > 0) return false;
      return own.length === 0 || own.some((site) => sides.some((side) => killed.has(placeOf(site, side))));
    });
    expect(touched.map(({ of }) => of)).toEqual([]);
  });
});

test(`workers that die at random moments leave the same articles (CRASH_SEED=${seed})`, async () => {
  const fate = atRandom(seeded(seed));
  const chosen = [
    'mended, by another model, and redone',
    'short of money, twice',
    'found by searching, approved by a rule',
  ];
  const before = rig.deaths.length;
  const played: Record<string, unknown> = {};
  let articles = 0;
  while (rig.deaths.length - before < randomDeaths) {
    const name = chosen[articles % chosen.length] ?? '';
    const scenario = scenarios[name] as Scenario;
    played[name] ??= await perform(scenario, immortal);
    expect(await perform(scenario, fate)).toEqual(played[name]);
    articles += 1;
  }
  console.log(`${rig.deaths.length - before} deaths at random moments of ${articles} articles`);
}, 600_000);

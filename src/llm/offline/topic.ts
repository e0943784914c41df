import { baseLanguage } from '../../text/language.ts';
import { stopWords } from '../../text/stop-words.ts';
import type { intents, TaskInput, TaskOutput } from '../tasks.ts';
import { phrasesFor } from './phrases.ts';
import { capitalise, shorten } from './seo.ts';

/** A title longer than this is cut; search results show about 60 characters, a reader bears more. */
const titleLimit = 90;
const keywordWords = 4;

/** Angle, keyword, intent and titles from the words of the topic alone: no source has been read yet. */
export function proposeTopic(input: TaskInput<'topic'>): TaskOutput<'topic'> {
  const language = baseLanguage(input.language);
  const phrases = phrasesFor(language);
  const title = tidy(input.topic);
  const given = input.keyword?.trim();
  const keyword = given || mainPhrase(title, language) || title;
  const asks = /[?？؟]$/u.test(title) || title.includes(':') || title.includes('：');
  const subject = asks ? capitalise(keyword) : title;
  const titles = distinct([
    title,
    phrases.overview(subject),
    phrases.essentials(subject),
    capitalise(keyword),
    phrases.angle(keyword),
  ]);
  return {
    angle: phrases.angle(keyword),
    keyword,
    intent: intentOf(input.topic),
    titles: titles.slice(0, 3),
    chosen: 0,
    queries: searchQueries(title, keyword, language),
  };
}

/** What is left of the topic without its small words, and its main phrase when a keyword was given: never the keyword. */
function searchQueries(title: string, keyword: string, language: string | null): string[] {
  const stops = stopWords(language);
  const words = title
    .replace(openers, '')
    .split(/[\s,;:.!?–—()"“”„«»]+/u)
    .filter((word) => word !== '' && !stops.has(word.toLowerCase()));
  const known = new Set([keyword, title, ''].map((text) => text.toLowerCase()));
  return distinct([words.join(' '), mainPhrase(title, language)]).filter((query) => !known.has(query.toLowerCase()));
}

/** The topic as a title: one line, without end marks, the first letter large, at most 90 characters. */
function tidy(topic: string): string {
  const line = topic
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^["'“”„«»]+|["'“”„«»]+$/gu, '')
    .replace(/[\s.,;:!。]+$/u, '');
  return capitalise(shorten(line, titleLimit)) || topic;
}

function distinct(titles: string[]): string[] {
  return titles.filter(
    (title, index) => titles.findIndex((other) => other.toLowerCase() === title.toLowerCase()) === index,
  );
}

/** What may open a topic without belonging to its subject. */
const openers =
  /^(?:(?:how|why|when|what|where|which|who)(?: (?:to|do|does|can|should|is|are|you|i|we))*|(?:a |the )?(?:complete |short |beginner['’]s |practical )?(?:guide|introduction|overview|tips)(?: (?:to|of|for|on))|wie (?:man|sie|du|ich)?|warum|was (?:ist|sind)|wann|tipps (?:für|zu)|comment|pourquoi|qu['’]est-ce que?|guide (?:de|du|des|pour)|cómo|como|por qué|qué (?:es|son)|guía (?:de|para)|come|perché|che cos['’]è|guida (?:a|al|alla|per)|por que|o que (?:é|são)|guia (?:de|para)|hoe|waarom|wat (?:is|zijn)|jak|dlaczego|co to jest|как|почему|что такое|hur|varför|vad är)\s+/iu;

/** A word that goes on a phrase in these languages: "copia de seguridad", "sauvegarde des données". */
const inside = new Set(['de', 'del', 'du', 'des', 'di', 'della', 'do', 'da', 'dos', 'das', "d'", 'van', 'of']);

/** Words for what is done with a subject or how it is; they end a phrase. English only, where topics often hold them. */
const doing = new Set(
  'make makes making keep keeps keeping get getting go goes going use uses using start starts starting write writing choose choosing run running set setting work works working need needs build building create creating find finding improve improving secure securing manage managing alive better well safe safely easy easily fast quickly effectively properly'.split(
    ' ',
  ),
);

/** The longest run of content words; a preposition between two nouns belongs to it. At most four content words. */
function mainPhrase(title: string, language: string | null): string {
  const stops = stopWords(language);
  const words = title.replace(openers, '').split(/\s+/u);
  let best: string[] = [];
  let run: string[] = [];
  let content = 0;
  const close = () => {
    while (run.length > 0 && inside.has((run.at(-1) ?? '').toLowerCase())) run.pop();
    if (run.length > best.length) best = run;
    run = [];
    content = 0;
  };
  for (const word of words) {
    const bare = word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
    const lower = bare.toLowerCase();
    const ends = /[,;:.!?–—)]$/u.test(word);
    if (inside.has(lower) && run.length > 0) run.push(bare);
    else if (bare === '' || stops.has(lower) || doing.has(lower)) close();
    else {
      run.push(bare);
      content++;
    }
    if (ends || content === keywordWords) close();
  }
  close();
  // Names and German nouns keep their capital; the word that only opened the title loses it elsewhere.
  const phrase = best.join(' ');
  const opensTitle = title.startsWith(phrase);
  const lowerFirst = opensTitle && language !== 'de' && /^\p{Lu}\p{Ll}+$/u.test(best[0] ?? '');
  return lowerFirst ? phrase.charAt(0).toLocaleLowerCase() + phrase.slice(1) : phrase;
}

type Intent = (typeof intents)[number];

const cues: [Intent, RegExp][] = [
  [
    'transactional',
    /(?<!\p{L})(buy|price|prices|pricing|order|discount|coupon|deal|hire|book|kaufen|preis|preise|bestellen|buchen|acheter|prix|commander|comprar|precio|precios|preço|preços|acquistare|comprare|prezzo|prezzi|kopen|prijs|kupić|cena|ceny|купить|цена)(?!\p{L})/iu,
  ],
  [
    'commercial',
    /(?<!\p{L})(best|versus|vs|compare|comparison|review|reviews|alternative|alternatives|top \d+|vergleich|beste|besten|testbericht|alternativen|comparatif|comparaison|meilleur|meilleurs|meilleure|mejor|mejores|comparación|comparativa|migliore|migliori|confronto|melhor|melhores|comparação|vergelijking|najlepszy|najlepsze|porównanie|лучшие|сравнение)(?!\p{L})/iu,
  ],
  [
    'navigational',
    /(?<!\p{L})(login|log in|sign in|homepage|official site|anmelden|startseite|connexion|iniciar sesión|accedi|entrar)(?!\p{L})/iu,
  ],
];

function intentOf(topic: string): Intent {
  return cues.find(([, pattern]) => pattern.test(topic))?.[0] ?? 'informational';
}

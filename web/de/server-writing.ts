import type { ServerTexts } from './server-texts.ts';

/** "1 Satz", "3 Sätze"; counts come as the server has written them. */
const of = (count: string, one: string, many: string) => `${count} ${count === '1' ? one : many}`;

/** What has become of the claims: "3 Aussagen stehen, 2 stehen anders da als geprüft, 1 wurde entfernt, …". */
function claims(kept: string, rest: string): string {
  const changed = /(\d+) stand in other words/.exec(rest)?.[1];
  const removed = /\d+$/.exec(rest)?.[0] ?? '';
  const said = [
    of(kept, 'Aussage steht', 'Aussagen stehen'),
    ...(changed === undefined ? [] : [`${of(changed, 'steht', 'stehen')} anders da als geprüft`]),
    `${of(removed, 'wurde', 'wurden')} entfernt, weil ihre Quellen sie nicht belegen.`,
  ];
  return said.join(', ');
}

/** What the steps of a run say, what SEO checks find, and why an article waits. */
export const writingTexts: ServerTexts = [
  // SEO checks (src/articles/seo-score.ts).
  ['The title has {} characters.', 'Der Titel hat {} Zeichen.'],
  [
    'Give it 20 to 70 characters: long enough to be specific, short enough to be shown whole.',
    'Gib ihm 20 bis 70 Zeichen: lang genug, um genau zu sein, kurz genug, um ganz gezeigt zu werden.',
  ],
  ['The title for search results has {} characters.', 'Der Titel für Suchergebnisse hat {} Zeichen.'],
  [
    'Give it 20 to 60 characters; search results cut off more.',
    'Gib ihm 20 bis 60 Zeichen; Suchergebnisse schneiden mehr ab.',
  ],
  ['The description for search results has {} characters.', 'Die Beschreibung für Suchergebnisse hat {} Zeichen.'],
  ['Write one or two sentences of 100 to 160 characters.', 'Schreib ein oder zwei Sätze mit 100 bis 160 Zeichen.'],
  ['There is an excerpt.', 'Es gibt einen Textauszug.'],
  ['There is no excerpt.', 'Es gibt keinen Textauszug.'],
  [
    'Write two sentences that make a reader open the article.',
    'Schreib zwei Sätze, die Lust machen, den Artikel zu öffnen.',
  ],
  ['There is no keyword.', 'Es gibt keinen Suchbegriff.'],
  [
    'Enter the words that readers search for; the title, the opening and a heading are then held against them.',
    'Gib ein, wonach Leser suchen; Titel, Anfang und eine Überschrift werden dann damit verglichen.',
  ],
  ['The title contains the keyword.', 'Der Titel enthält den Suchbegriff.'],
  ['The title lacks "{}".', 'Im Titel fehlt „{}“.'],
  ['Put the keyword into the title, near its beginning.', 'Setz den Suchbegriff in den Titel, möglichst weit vorn.'],
  ['The introduction contains the keyword.', 'Die Einleitung enthält den Suchbegriff.'],
  ['The first two paragraphs lack "{}".', 'In den ersten zwei Absätzen fehlt „{}“.'],
  ['Use the keyword in the first paragraph.', 'Verwende den Suchbegriff im ersten Absatz.'],
  [
    '{} headings contain the keyword.',
    (count) =>
      count === '0'
        ? 'Keine Überschrift enthält den Suchbegriff.'
        : `${of(count, 'Überschrift enthält', 'Überschriften enthalten')} den Suchbegriff.`,
  ],
  [
    'Use the keyword in one or two headings where it is natural.',
    'Verwende den Suchbegriff in ein oder zwei Überschriften, wo er sich natürlich ergibt.',
  ],
  ['The description contains the keyword.', 'Die Beschreibung enthält den Suchbegriff.'],
  ['The description lacks "{}".', 'In der Beschreibung fehlt „{}“.'],
  [
    'Use the keyword in the description: search results show it in bold.',
    'Verwende den Suchbegriff in der Beschreibung: Suchergebnisse zeigen ihn fett.',
  ],
  ['The address contains the keyword.', 'Die Adresse enthält den Suchbegriff.'],
  ['The address lacks the keyword.', 'In der Adresse fehlt der Suchbegriff.'],
  [
    'Use the keyword in the address before the article is published.',
    'Verwende den Suchbegriff in der Adresse, bevor der Artikel veröffentlicht wird.',
  ],
  [
    'The keyword makes up {} % of the text ({} times).',
    (share, times) => `Der Suchbegriff macht ${share}\u202f% des Textes aus (${times}-mal).`,
  ],
  [
    'Use it a few times where it is natural: 0.2 to 3 % of the words.',
    'Verwende ihn ein paarmal, wo er sich natürlich ergibt: 0,2 bis 3\u202f% der Wörter.',
  ],
  ['The text has {} words; the aim is {} to {}.', 'Der Text hat {} Wörter; Ziel sind {} bis {}.'],
  ['Say more, from sources that say more.', 'Sag mehr, aus Quellen, die mehr sagen.'],
  ['Shorten sections that say little.', 'Kürze Abschnitte, die wenig sagen.'],
  ['The text has {} headings.', (count) => `Der Text hat ${of(count, 'Überschrift', 'Überschriften')}.`],
  ['Divide the text with at least two headings.', 'Gliedere den Text mit mindestens zwei Überschriften.'],
  ['The longest section has {} words.', 'Der längste Abschnitt hat {} Wörter.'],
  [
    'Divide sections of more than 350 words with another heading.',
    'Teile Abschnitte von mehr als 350 Wörtern mit einer weiteren Überschrift.',
  ],
  ['All paragraphs are short.', 'Alle Absätze sind kurz.'],
  ['{} paragraphs have over 150 words.', (count) => `${of(count, 'Absatz hat', 'Absätze haben')} über 150 Wörter.`],
  ['Divide paragraphs of more than 150 words.', 'Teile Absätze von mehr als 150 Wörtern.'],
  ['Reading ease is {} of 100 ({}).', 'Die Lesbarkeit ist {} von 100 ({}).'],
  [
    'Shorten sentences and use shorter words; aim for 40 or more.',
    'Kürze Sätze und verwende kürzere Wörter; Ziel sind 40 oder mehr.',
  ],
  ['{} sources are cited.', (count) => `${of(count, 'Quelle wird', 'Quellen werden')} zitiert.`],
  ['Give at least three independent sources.', 'Gib mindestens drei unabhängige Quellen an.'],
  [
    '{} claims stand{}, {} were removed because their sources do not bear them out.',
    (kept, changed, removed) => claims(kept, `${changed}, ${removed}`),
  ],
  [
    'Hold the changed sentences against their sources, or put them back.',
    'Vergleich die geänderten Sätze mit ihren Quellen, oder stell sie wieder her.',
  ],
  [
    'Look at the removed claims: a better source may support them.',
    'Sieh dir die entfernten Aussagen an: Eine bessere Quelle könnte sie belegen.',
  ],
  ['Every image is described.', 'Jedes Bild hat einen Alternativtext.'],
  [
    '{} of {} images have no description.',
    (silent, images) =>
      images === '1'
        ? 'Das Bild hat keinen Alternativtext.'
        : `${silent} von ${images} Bildern ${silent === '1' ? 'hat' : 'haben'} keinen Alternativtext.`,
  ],
  [
    'Say in a few words what the image shows, for those who cannot see it.',
    'Sag in wenigen Worten, was das Bild zeigt, für alle, die es nicht sehen können.',
  ],
  ['{} links to your other articles.', (count) => `${of(count, 'Link', 'Links')} auf deine anderen Artikel.`],
  ['Link to articles of yours on neighbouring topics.', 'Verlinke auf deine Artikel zu benachbarten Themen.'],

  // What the steps say while they work.
  ['Queued.', 'Eingereiht.'],
  ['Looking for an angle and a title.', 'Sucht einen Blickwinkel und einen Titel.'],
  [
    'Comparing the topic with your articles and the posts of your sites.',
    'Vergleicht das Thema mit deinen Artikeln und den Beiträgen deiner Websites.',
  ],
  ['Reading page {} of {} of the {}: {}', (page, of, _what, name) => `Liest Seite ${page} von ${of}: ${name}`],
  ['Reading {}.', 'Liest {}.'],
  ['Searching for "{}".', 'Sucht nach „{}“.'],
  ['{} found {} pages.', '{} hat {} Seiten gefunden.'],
  ['{} found 1 page.', '{} hat 1 Seite gefunden.'],
  [
    'The search named {}; {} may be worth reading.',
    (pages, worth) => `Die Suche nannte ${of(pages.split(' ')[0] ?? '', 'Seite', 'Seiten')}; ${worth} könnten lohnen.`,
  ],
  [
    'The search failed: going on with the sources that were given.',
    'Die Suche ist fehlgeschlagen: Es geht mit den angegebenen Quellen weiter.',
  ],
  ['Choosing the passages that fit, and putting them in order.', 'Wählt die passenden Textstellen und ordnet sie.'],
  ['Writing "{}" ({} of {}).', 'Schreibt „{}“ ({} von {}).'],
  ['One section: {}', 'Ein Abschnitt: {}'],
  ['{} sections: {}', '{} Abschnitte: {}'],
  ['Looking for sitemaps and feeds of {}.', 'Sucht Sitemaps und Feeds von {}.'],
  ['Left out: {} more for such reasons.', 'Ausgelassen: {} weitere aus solchen Gründen.'],
  ['Writing introduction and conclusion.', 'Schreibt Einleitung und Schluss.'],
  ['Checking {} sentences against their sources.', 'Vergleicht {} Sätze mit ihren Quellen.'],
  [
    '{} did not hold; trying to mend them.',
    (count) => `${count} ${count === '1' ? 'hielt' : 'hielten'} nicht stand; wird nachgebessert.`,
  ],
  ['{} claims hold, {} were mended, {} removed.', '{} Aussagen halten stand, {} wurden nachgebessert, {} entfernt.'],
  ['Writing title and description for search results.', 'Schreibt Titel und Beschreibung für Suchergebnisse.'],
  [
    'Score {} of 100, {} links to posts of your site.',
    (score, count) => `Punktzahl ${score} von 100, ${of(count, 'Link', 'Links')} auf Beiträge deiner Website.`,
  ],
  ['Score {} of 100.', 'Punktzahl {} von 100.'],

  // Claims.
  ['It cites a passage that does not exist.', 'Sie zitiert eine Textstelle, die es nicht gibt.'],
  ['Its quote does not stand in the cited passage.', 'Ihr Zitat steht nicht in der zitierten Textstelle.'],
  ['Its quote is too short to prove anything.', 'Ihr Zitat ist zu kurz, um etwas zu belegen.'],
  ['The model gave no verdict.', 'Das Modell hat kein Urteil abgegeben.'],
  ['It could not be held against its source: {}', 'Sie ließ sich nicht mit ihrer Quelle vergleichen: {}'],

  // What helps while one writes (src/assist).
  ['The request was given up.', 'Die Anfrage wurde aufgegeben.'],
  ['Send it again.', 'Schick sie noch einmal.'],
  ['It took longer than three minutes, and was given up.', 'Es dauerte länger als drei Minuten und wurde aufgegeben.'],
  [
    'What was reserved for it counts as spent until the provider is known not to bill it. Select less, or try again later.',
    'Was dafür zurückgelegt war, zählt als ausgegeben, bis feststeht, dass der Anbieter es nicht berechnet. Wähle weniger aus, oder versuch es später noch einmal.',
  ],
  [
    'Nothing was sent. Try again when the month is over or the limit has been raised.',
    'Nichts wurde gesendet. Versuch es noch einmal, wenn der Monat vorbei ist oder das Limit erhöht wurde.',
  ],
  [
    'The provider is busy or down. Nothing is tried by itself: send it again in a minute.',
    'Der Anbieter ist ausgelastet oder ausgefallen. Von selbst wird nichts wiederholt: Schick es in einer Minute noch einmal.',
  ],
  [
    'What was offered cannot be trusted and is not shown. Try again, or choose another model.',
    'Dem Vorschlag ist nicht zu trauen, deshalb wird er nicht gezeigt. Versuch es noch einmal, oder wähle ein anderes Modell.',
  ],
  [
    'Its policy does not allow the text, or the wish. Put it in other words, or choose another model.',
    'Seine Richtlinien erlauben den Text oder den Wunsch nicht. Sag es mit anderen Worten, oder wähle ein anderes Modell.',
  ],
  [
    'This instance has no model that could put it in other words.',
    'Diese Instanz hat kein Modell, das es mit anderen Worten sagen könnte.',
  ],
  [
    'Have its operator set LLM_MODEL, for example LLM_MODEL=openai:gpt-5-mini, or choose a model that you have a key of your own for. To shorten needs none.',
    'Bitte den Betreiber, LLM_MODEL zu setzen, zum Beispiel LLM_MODEL=openai:gpt-5-mini, oder wähle ein Modell, für das du einen eigenen Schlüssel hast. Kürzen geht ohne Modell.',
  ],
  ['There are no words in the selection.', 'In der Auswahl sind keine Wörter.'],
  ['Select at least one sentence.', 'Wähle mindestens einen Satz aus.'],
  [
    'Only paragraphs and simple lists can be put in other words.',
    'Nur Absätze und einfache Listen lassen sich mit anderen Worten sagen.',
  ],
  [
    'Select text without headings, tables, quotes, images, code or footnotes of its own.',
    'Wähle Text ohne Überschriften, Tabellen, Zitate, Bilder, Code und eigene Fußnoten aus.',
  ],

  // Why an article waits, or what becomes of it.
  ['On hold: it goes out only when it is approved.', 'Zurückgehalten: Er erscheint nur, wenn er freigegeben wird.'],
  ['Read the article and approve it; it goes public then.', 'Lies den Artikel und gib ihn frei; dann erscheint er.'],
  [
    'It goes public by itself after {} h, unless it is put on hold.',
    'Er erscheint nach {}\u202fh von selbst, wenn er nicht zurückgehalten wird.',
  ],
  [
    'It goes public by itself then, unless it is put on hold.',
    'Dann erscheint er von selbst, wenn er nicht zurückgehalten wird.',
  ],
  [
    'It does not go public by itself: {}. {} Then approve it, or approve it as it is.',
    (reasons, hints) =>
      `Er erscheint nicht von selbst: ${gateReasons(reasons)}. ${gateHints(hints)} Gib ihn dann frei, oder gib ihn frei, wie er ist.`,
  ],
  [
    'Look at the marked claims of the article, and correct or remove them.',
    'Sieh dir die markierten Aussagen des Artikels an, und berichtige oder entferne sie.',
  ],
  ['Look at the sentences that you have changed.', 'Sieh dir die Sätze an, die du geändert hast.'],
  ['The SEO checks of the article say what to mend.', 'Die SEO-Prüfungen des Artikels sagen, was zu verbessern ist.'],
  ['An admin of this instance can raise your limit.', 'Ein Admin dieser Instanz kann dein Limit erhöhen.'],
  ['Raise the limit of your own keys.', 'Erhöhe das Limit für deine eigenen Schlüssel.'],
  ['Raise the monthly budget of the schedule.', 'Erhöhe das Monatsbudget des Zeitplans.'],
  ['This is close to "{}" ({}).', (title, reason) => `Das ähnelt „${title}“${alike(reason)}.`],
  [
    'This is close to the topic "{}" of your backlog ({}).',
    (title, reason) => `Das ähnelt dem Thema „${title}“ in deinem Vorrat${alike(reason)}.`,
  ],
  [
    'This is close to the post "{}" on {}, {} ({}).',
    (title, site, url, reason) => `Das ähnelt dem Beitrag „${title}“ auf ${site}, ${url}${alike(reason)}.`,
  ],
  ['both are word for word the same', 'beides ist Wort für Wort gleich'],
  ['Both are word for word the same.', 'Beides ist Wort für Wort gleich.'],
  ['both say the same in nearly the same words', 'beides sagt mit fast denselben Wörtern dasselbe'],
  ['Both say the same in nearly the same words.', 'Beides sagt mit fast denselben Wörtern dasselbe.'],
  ['both say the same in other words', 'beides sagt mit anderen Worten dasselbe'],
  ['Both say the same in other words.', 'Beides sagt mit anderen Worten dasselbe.'],
  ['only the subtitle of one says more', 'nur der Untertitel des einen sagt mehr'],
  ['Only the subtitle of one says more.', 'Nur der Untertitel des einen sagt mehr.'],
  ['both are about the same; only one names {}', 'beides handelt vom selben; nur eines nennt {}'],
  ['Both are about the same; only one names {}.', 'Beides handelt vom selben; nur eines nennt {}.'],
  [
    'The clocks are put forward over this time: it comes as much later.',
    'Die Uhren werden über diese Zeit hinweg vorgestellt: Er kommt um so viel später.',
  ],
  [
    'The clocks show this time twice: the first is meant.',
    'Die Uhren zeigen diese Zeit zweimal: Gemeint ist das erste Mal.',
  ],
  ['Moved from {} ({}).', 'Verschoben von {} ({}).'],
  ['One time before it was missed.', 'Ein Termin davor wurde verpasst.'],
  ['{} times before it were missed.', '{} Termine davor wurden verpasst.'],
  [
    'The next call may cost up to {}, {}',
    (amount) => `Der nächste Aufruf kann bis zu ${amount} kosten; so viel ist nicht mehr frei.`,
  ],
  [
    'The articles of this schedule have cost {} this month, and one more is expected to cost {}: more than its {}.',
    'Die Artikel dieses Zeitplans haben diesen Monat {} gekostet, und noch einer kostet voraussichtlich {}: mehr als seine {}.',
  ],
  [
    'Raise the monthly budget of the schedule, or wait: it goes on at the start of the next month.',
    'Erhöhe das Monatsbudget des Zeitplans, oder warte: Er geht zu Beginn des nächsten Monats weiter.',
  ],
  [
    'Its first heading repeated the title and was left out: the title stands above the text.',
    'Seine erste Überschrift wiederholte den Titel und fiel weg: Der Titel steht über dem Text.',
  ],
  [
    'An image is named by an address that only holds where the article came from: add it again.',
    'Die Adresse eines Bildes gilt nur dort, wo der Artikel herkommt: Füge es noch einmal hinzu.',
  ],
  [
    '{} images are named by an address that only holds where the article came from: add them again.',
    'Die Adressen von {} Bildern gelten nur dort, wo der Artikel herkommt: Füge sie noch einmal hinzu.',
  ],
  [
    '{} is no time in the past that could be read: it counts as written today.',
    '{} ist keine lesbare Zeit in der Vergangenheit: Er zählt als heute geschrieben.',
  ],
  [
    'The address “{}” is that of another article here: this one has “{}”.',
    'Die Adresse „{}“ hat hier schon ein anderer Artikel: Dieser hat „{}“.',
  ],
  ['{} is missing', '{} fehlt'],
  ['This is not valid JSON: {}', 'Das ist kein gültiges JSON: {}'],
  ['This is no article: it is JSON, but no object.', 'Das ist kein Artikel: Es ist JSON, aber kein Objekt.'],
  [
    'Correct the file and import it again: what is here already is not taken twice.',
    'Verbessere die Datei und importiere sie noch einmal: Was schon da ist, kommt nicht doppelt.',
  ],
  [
    'Was the file cut short, or saved by hand? Open it in an editor that marks mistakes in JSON.',
    'Ist die Datei abgeschnitten oder von Hand gespeichert? Öffne sie in einem Editor, der Fehler in JSON anzeigt.',
  ],
  [
    'The front matter (between the lines of ---) cannot be read: {}',
    'Das Front Matter (zwischen den Zeilen aus ---) ist nicht zu lesen: {}',
  ],
  [
    'It is YAML: put texts with a colon into quotation marks, and indent lists evenly.',
    'Es ist YAML: Setze Texte mit Doppelpunkt in Anführungszeichen und rücke Listen gleichmäßig ein.',
  ],
];

/** Why two titles are alike, in brackets; what is not known in German is left out. */
function alike(reason: string): string {
  const known = writingTexts.find(([english]) => english === reason)?.[1];
  return typeof known === 'string' ? ` (${known})` : '';
}

/** Reasons against going public without a person, as the server strings them together. */
const gates: [pattern: RegExp, german: (...values: string[]) => string][] = [
  [
    /^(\d+) claims? in it (?:is|are) not supported by a source$/,
    (count = '') =>
      count === '1'
        ? 'eine Aussage darin ist nicht durch eine Quelle belegt'
        : `${count} Aussagen darin sind nicht durch eine Quelle belegt`,
  ],
  [
    /^(\d+) sentences? of it (?:was|were) written by hand and held against no source$/,
    (count = '') =>
      count === '1'
        ? 'ein Satz darin ist von Hand geschrieben und an keiner Quelle geprüft'
        : `${count} Sätze darin sind von Hand geschrieben und an keiner Quelle geprüft`,
  ],
  [/^its SEO score is not known$/, () => 'seine SEO-Punktzahl ist nicht bekannt'],
  [
    /^its SEO score is (\d+), below the floor of (\d+)$/,
    (score, floor) => `seine SEO-Punktzahl ist ${score}, unter dem Mindestwert von ${floor}`,
  ],
  [/^your limit for the month is used up \((.+) of (.+)\)$/, usedUp('dein Limit für den Monat')],
  [/^your limit for your own keys is used up \((.+) of (.+)\)$/, usedUp('dein Limit für eigene Schlüssel')],
  [/^the monthly budget of its schedule is used up \((.+) of (.+)\)$/, usedUp('das Monatsbudget seines Zeitplans')],
];

function usedUp(what: string) {
  const amount = (dollars = '') => `${dollars.replace('$', '').replace('.', ',')}\u00a0$`;
  return (spent?: string, limit?: string) => `${what} ist aufgebraucht (${amount(spent)} von ${amount(limit)})`;
}

function gateHints(hints = ''): string {
  const said = hints.split(/(?<=\.) /).map((hint) => {
    const known = writingTexts.find(([english]) => english === hint)?.[1];
    return typeof known === 'string' ? known : hint;
  });
  return said.join(' ');
}

function gateReasons(reasons = ''): string {
  const said = reasons.split('; ').map((reason) => {
    for (const [pattern, german] of gates) {
      const match = pattern.exec(reason);
      if (match) return german(...match.slice(1));
    }
    return reason;
  });
  return said.join('; ');
}

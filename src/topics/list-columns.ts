/** What a column of a list can be. */
export type ColumnMeaning = 'topic' | 'keyword' | 'site' | 'note' | 'sources';

/** Names that people give to columns, folded: lower case, no accents, no signs. */
const names: Record<ColumnMeaning, string> = {
  topic:
    'topic topics title titles headline subject idea posttitle articletitle blogtitle thema themen titel uberschrift sujet sujets titre tema temas titulo titolo argomento onderwerp',
  keyword:
    'keyword keywords focuskeyword mainkeyword targetkeyword searchterm searchterms query suchbegriff stichwort schlusselwort motcle motscles palabraclave palavrachave parolachiave trefwoord zoekwoord',
  site: 'site website blog domain sitename webseite seite sito sitio',
  note: 'note notes comment comments remark remarks notiz notizen anmerkung kommentar bemerkung remarque commentaire nota notas commento opmerking',
  sources:
    'source sources sourceurl sourceurls url urls link links reference references quelle quellen lien liens fuente fuentes fonte fonti bron bronnen',
};

const meanings = new Map<string, ColumnMeaning>(
  Object.entries(names).flatMap(([meaning, list]) => list.split(' ').map((name) => [name, meaning as ColumnMeaning])),
);

/** What a column is taken for by its name; null for names that say nothing here. */
export function columnMeaning(name: string): ColumnMeaning | null {
  const folded = name
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  return meanings.get(folded) ?? null;
}

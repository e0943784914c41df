import type { Words } from '../language.ts';
import type { previewWords as english } from '../strings-preview.ts';

export const previewWords: Words<typeof english> = {
  title: 'Vorschau',
  of: (title) => `Vorschau von „${title}“`,
  back: 'Zurück zum Artikel',
  site: 'Wie er aussieht auf',
  noSite: 'Keine Website, schlicht',
  width: 'Breite',
  widths: { desktop: 'Computer', phone: 'Handy' },
  frame: (site) => `Der Artikel, wie ${site} ihn zeigen wird`,
  frameNoSite: 'Der Artikel, schlicht',
  reading: 'Es wird gelesen, wie die Website ihre Beiträge zeigt …',
  looks: {
    theme: (site) => `Wie ${site} seine Beiträge zeigt, nach einem von ihnen:`,
    styles: (site) =>
      `In den Stilen von ${site}. Kein öffentlicher Beitrag davon konnte als Beispiel dienen; gelesen wurde:`,
    plain: 'Schlicht gezeigt, in Breite und Schrift einer Seite, die zum Lesen gemacht ist.',
  },
  readAt: 'Gelesen',
  saved: 'Gezeigt wird, was gespeichert ist.',
  notExact: 'Was nicht so ist, wie es sein wird',
  differences: {
    surroundings: 'Menüs, Seitenleisten, Autor, Datum und Kommentare fehlen.',
    fonts: 'Die Schriften des Themes werden nicht geladen; Schriften deines Geräts stehen an ihrer Stelle.',
    theme_images: 'Bilder und Muster, mit denen das Theme zeichnet, fehlen.',
    scripts: 'Nichts bewegt oder öffnet sich, was ein Skript der Website bewegen oder öffnen würde.',
    arrangement: 'Wo Titel, Bild und Text stehen, ist bei WordPress üblich und nicht von der Website übernommen.',
    styles: 'Einige Stylesheets der Website konnten nicht gelesen werden.',
    pictures: 'Bilder von anderen Servern stehen in Klammern, mit ihrer Beschreibung.',
    card: 'Die Titelkarte wird beim Veröffentlichen gezeichnet; an ihrer Stelle stehen Streifen.',
    kept_blocks: 'Blöcke der Website, die der Artikel an ihrem Platz behält, werden nicht gezeigt.',
  },
  problem: 'Die Website konnte nicht gelesen werden',
  again: 'Die Website noch einmal lesen',
};

import { readFileSync } from 'node:fs';
import { extractMarkdown } from '../../../knowledge/extract-text.ts';
import { splitPassages } from '../../../knowledge/passages.ts';
import type { PassageInput } from '../../tasks.ts';

const samples = new URL('../../../../docs/samples/', import.meta.url);
const files = ['editorial-calendar', 'naming-sources', 'wordpress-backups', 'measuring-readers'];

/** The bundled sample documents as passages, each document a source. */
export function samplePassages(): PassageInput[] {
  const passages = files.flatMap((file, index) => {
    const document = extractMarkdown(readFileSync(new URL(`${file}.md`, samples), 'utf8'));
    return splitPassages(document, { language: 'en' }).map(({ heading, text }) => ({
      source: `s${index + 1}`,
      sourceTitle: document.title,
      heading,
      text,
    }));
  });
  return passages.map((passage, index) => ({ ref: `p${index + 1}`, ...passage }));
}

/** German passages of three sources about one matter, with sentences that cannot be read alone. */
export const germanPassages: PassageInput[] = [
  {
    ref: 'p1',
    source: 's1',
    sourceTitle: 'Sicherung planen',
    heading: 'Sicherung planen > Was gesichert wird',
    text: 'Eine Datensicherung umfasst die Datenbank und alle Dateien einer Website. Sie wird täglich erstellt und an einem zweiten Ort aufbewahrt. Wie oben erwähnt, kostet das wenig. Klicken Sie hier, um mehr zu erfahren. Ein kleiner Betrieb kommt mit einem einfachen Speicherdienst gut zurecht.',
  },
  {
    ref: 'p2',
    source: 's2',
    sourceTitle: 'Wiederherstellung üben',
    heading: 'Wiederherstellung üben > Die Probe',
    text: 'Eine Sicherung ohne geprobte Wiederherstellung ist nur eine Hoffnung. Die Probe gelingt am besten auf einem getrennten Server. Danach weiß der Betrieb, wie lange ein Ausfall dauern würde. Jede Probe wird mit Datum und Dauer notiert.',
  },
  {
    ref: 'p3',
    source: 's3',
    sourceTitle: 'Zugriff schützen',
    heading: 'Zugriff schützen > Getrennte Konten',
    text: 'Getrennte Konten verhindern, dass ein Angreifer Website und Sicherung zugleich löscht. Das Passwort des Speicherdienstes steht nicht auf dem Server der Website. Ein zweiter Mensch im Betrieb kennt den Weg zu den Kopien. The backup account is never used for any of the other services.',
  },
];

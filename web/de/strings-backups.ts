import type { Words } from '../language.ts';
import type * as english from '../strings-backups.ts';
import { number } from './numbers.ts';

export const backupWords: Words<typeof english.backupWords> = {
  section: 'Sicherungen',
  title: 'Sicherungen',
  intro:
    'Alles, was in der Datenbank steht: jeden Tag gesichert und jeden Tag zur Probe in einer eigenen Datenbank wiederhergestellt.',
  fine: 'Die Daten von gestern lassen sich wiederherstellen',
  none: 'Noch keine Sicherung',
  noneHint: 'Die erste entsteht zum nächsten Termin oder jetzt.',
  late: 'Die letzte Sicherung ist überfällig',
  lateHint:
    'Jeden Tag ist eine fällig. Was zuletzt fehlgeschlagen ist, steht unten; mehr sagt das Protokoll des Servers.',
  lateProof: 'In letzter Zeit wurde keine Sicherung geprüft',
  lateProofHint: 'Eine Sicherung, die nie wiederhergestellt wurde, ist eine Hoffnung. Prüfe die neueste.',
  failed: 'Die letzte Sicherung ist fehlgeschlagen',
  proofFailed: 'Die letzte Prüfung ist fehlgeschlagen: Diese Sicherung lässt sich nicht wiederherstellen',
  sameDisk: 'Die Sicherungen liegen auf derselben Platte wie die Daten',
  sameDiskHint:
    'Eine kaputte Platte nimmt beides mit. Setze S3_BUCKET mit seinen Schlüsseln (jeder Speicher, der S3 spricht) oder BACKUP_DIR auf einen Ordner auf einer anderen Platte.',
  plain: 'Die Sicherungen sind nicht verschlüsselt',
  plainHint:
    'Wer den Speicher lesen kann, kann sie lesen. Setze BACKUP_AGE_RECIPIENT auf einen öffentlichen age-Schlüssel.',
  cannotVerify: 'Verschlüsselte Sicherungen lassen sich hier nicht prüfen',
  cannotVerifyHint:
    'Setze BACKUP_AGE_IDENTITY auf den privaten Schlüssel, oder stelle ab und zu von Hand eine wieder her.',
  lastBackup: 'Letzte Sicherung',
  lastProof: 'Letzte Prüfung',
  next: 'Nächste Sicherung',
  off: 'aus',
  never: 'nie',
  size: (size, rows) => `${size}, ${rows} Zeilen`,
  took: (time) => `dauerte ${time}`,
  proofOk: 'wiederhergestellt und verglichen, alles gleich',
  proofBad: 'ließ sich nicht wiederherstellen',
  keeps: (days) => `aufgehoben: ${number(days)} Tage, dann 4 Wochen, dann 6 Monate`,
  storage: 'Wo sie liegen',
  backUp: 'Jetzt sichern',
  begun: 'Die Sicherung hat begonnen',
  verify: 'Prüfen',
  verifyOf: (time) => `Sicherung von ${time} prüfen`,
  verifyBegun: 'Die Prüfung hat begonnen',
  running: { backup: 'Es wird gesichert', verification: 'Eine Sicherung wird geprüft' },
  phases: {
    copying: 'Momentaufnahme …',
    dumping: 'Wird geschrieben …',
    restoring: 'Wird wiederhergestellt …',
    comparing: 'Jede Tabelle wird mit dem Verzeichnis verglichen …',
    done: 'Fertig',
  },
  list: 'Alle Sicherungen',
  verified: 'Geprüft',
  unverified: 'Nicht geprüft',
  encrypted: 'Verschlüsselt',
  otherSecret: 'Anderes APP_SECRET',
  problems: { missing: 'Die Datei fehlt', length: 'Die Datei ist abgeschnitten' },
  empty: 'Keine Sicherungen im Speicher',
  emptyHint: 'Die Liste kommt aus dem Speicher selbst, damit sie auch mit einer leeren Datenbank da ist.',
  restoreHint: 'Zum Wiederherstellen den Server anhalten und dies ausführen: blog-poster backup restore',
};

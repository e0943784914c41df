import { locale as readerLocale } from '../language.ts';

/** Bytes as a file manager shows them, in the reader's locale: `0.9 kB`, `12 kB`, `1.4 MB`, `500 MB`, `2.1 GB` (1 kB = 1000 bytes). */
export function formatBytes(bytes: number, locale = readerLocale): string {
  const [unit, size] =
    bytes < 1_000_000
      ? (['kilobyte', 1_000] as const)
      : bytes < 1_000_000_000
        ? (['megabyte', 1_000_000] as const)
        : (['gigabyte', 1_000_000_000] as const);
  const value = bytes / size;
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    // Something is never shown as nothing.
    maximumFractionDigits: value >= 10 || bytes === 0 ? 0 : 1,
  }).format(bytes === 0 ? 0 : Math.max(value, 0.1));
}

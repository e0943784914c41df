import type { Figure } from './measure.ts';

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Figures as a Markdown table, one row each. */
export function table(figures: Figure[]): string {
  const head = ['measure', 'median', 'least to most', 'runs', 'baseline', 'ratio', 'aim', ''];
  const rows = figures.map(({ what, unit, value, least, most, runs, baseline, aim }) => [
    what,
    `${digits(value)} ${unit}`,
    `${digits(least)} to ${digits(most)}`,
    String(runs),
    baseline ? `${baseline.what}: ${digits(baseline.value)} ${unit}` : '',
    baseline && baseline.value > 0 ? digits(value / baseline.value) : '',
    aim === null ? '' : `${digits(aim)} ${unit}`,
    aim === null ? '' : value <= aim ? 'within the aim' : 'above the aim',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}

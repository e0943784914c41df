/** A piece of a text that stayed, went or came. */
export interface Change {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/** More words than this are not compared one by one: the table would have millions of places. */
const mostWords = 1_500;

/** The share of the shorter text that has to have stayed for a comparison word by word. */
const leastShare = 0.5;

/** What has become of a text, word by word: the longest common sequence stays. */
export function diffWords(before: string, after: string): Change[] {
  const a = before.split(/(?<=\s)(?=\S)/);
  const b = after.split(/(?<=\s)(?=\S)/);
  const whole: Change[] = [
    { kind: 'removed', text: `${before}\n\n` },
    { kind: 'added', text: after },
  ];
  if (a.length > mostWords || b.length > mostWords) return whole;
  const same = (i: number, j: number) => a[i]?.trim() === b[j]?.trim();
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = same(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const changes: Change[] = [];
  const add = (kind: Change['kind'], text: string) => {
    const last = changes.at(-1);
    if (last?.kind === kind) last.text += text;
    else changes.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && same(i, j)) {
      add('same', b[j] ?? '');
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      add('removed', a[i] ?? '');
      i += 1;
    } else {
      add('added', b[j] ?? '');
      j += 1;
    }
  }
  const kept = changes.filter(({ kind }) => kind === 'same').reduce((sum, { text }) => sum + text.length, 0);
  // Little more than "the" and "of" stayed: two texts are read more easily than the shreds of both.
  return kept < leastShare * Math.min(before.length, after.length) ? whole : changes;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../test/harness.ts';
import { users } from '../accounts/schema.ts';
import { renderMarkdown } from '../articles/markdown.ts';
import { newId } from '../db/id.ts';
import { type CardInput, cardMargin, cardSize, composeCard } from './card/compose-card.ts';
import { prepareText, shapeLine } from './card/text-runs.ts';
import { readImage } from './store.ts';
import { titleCard } from './title-card.ts';

const titles: [script: string, language: string | null, title: string][] = [
  ['Latin', 'en', 'How to keep a sourdough starter alive through winter: flour, water & patience'],
  ['Vietnamese', 'vi', 'Tiếng Việt đẹp lắm ở phở'],
  ['Cyrillic', 'ru', 'Как сохранить закваску живой зимой'],
  ['Greek', 'el', 'Πώς να διατηρήσετε το προζύμι ζωντανό'],
  ['Arabic', 'ar', 'كيف تحافظ على خميرة العجين (2026) حيّة في الشتاء؟'],
  ['Hebrew', 'he', 'איך שומרים על מחמצת בחיים בחורף (עם API)?'],
  ['Devanagari', 'hi', 'सर्दियों में खमीर को जीवित कैसे रखें'],
  ['Bengali', 'bn', 'শীতে খামির কীভাবে বাঁচিয়ে রাখবেন'],
  ['Tamil', 'ta', 'குளிர்காலத்தில் புளிப்பு மாவை எப்படி பராமரிப்பது'],
  ['Telugu', 'te', 'శీతాకాలంలో పిండిని ఎలా కాపాడుకోవాలి'],
  ['Kannada', 'kn', 'ಚಳಿಗಾಲದಲ್ಲಿ ಹಿಟ್ಟು'],
  ['Sinhala', 'si', 'ශීත ඍතුවේ පිටි'],
  ['Thai', 'th', 'วิธีดูแลหัวเชื้อขนมปังซาวร์โดว์ให้มีชีวิตตลอดฤดูหนาว'],
  ['Khmer', 'km', 'របៀបថែទាំមេដំបែនៅរដូវរងា'],
  ['Georgian', 'ka', 'როგორ შევინახოთ საფუარი'],
  ['Armenian', 'hy', 'Ինչպես պահել թթխմորը'],
  ['Ethiopic', 'am', 'እንዴት ማቆየት'],
  ['Japanese', 'ja', '冬にサワードウのスターターを元気に保つ方法：水と粉と根気'],
  ['Chinese', 'zh', '冬天如何养活酸面团酵母：面粉、水和耐心'],
  ['traditional Chinese', 'zh', '冬天如何養活酸麵團酵母：麵粉、水和耐心'],
  ['Korean', 'ko', '겨울에 사워도우 스타터를 살려 두는 방법'],
  ['emoji', 'en', 'Bread 🍞 and 👩‍💻 with 🇩🇪 and 👍🏽!'],
  ['no language', null, 'Bread と хлеб و خبز'],
];

const colours = { background: '#1d4ed8', text: '#ffffff' };
const compose = (title: string, language: string | null = 'en') =>
  composeCard({ title, siteName: 'Example', language, ...colours });

describe('composeCard', () => {
  it.each(titles)('has a glyph for every letter of %s, within the margins', async (_script, language, title) => {
    const card = await compose(title, language);
    expect(card.missing).toEqual([]);
    expect(card.undrawn).toBe(0);
    expect(card.size).toBeGreaterThan(40);
    expect(outside(card)).toBe(false);
  });

  it.each(titles)('keeps the words of %s where a theme shows 4 to 3 of it', async (_script, language, title) => {
    const card = await compose(title, language);
    const cut = (cardSize.width - (cardSize.height * 4) / 3) / 2;
    for (const box of [card.titleBox, card.nameBox]) {
      expect(box?.left).toBeGreaterThan(cut);
      expect(box?.right).toBeLessThan(cardSize.width - cut);
    }
  });

  it.each([
    ['marks of XML', '<b onload="x">&amp; \']]>'],
    ['control characters and direction marks', 'a\u0000b\u0008\u001b\u202ec\u2066d'],
    ['300 letters in words', 'Sourdough bread at home '.repeat(12).slice(0, 300)],
    ['one word of 300 letters', 'x'.repeat(300)],
    ['300 Han characters', '漢字'.repeat(150)],
    ['300 wide letters', 'W'.repeat(300)],
    ['a tower of marks', `Z${'\u0321\u0315\u031b\u0316'.repeat(30)}al ${'\u0e01'}${'\u0e34\u0e49'.repeat(60)}`],
    ['both directions', 'abc (שלום) 123 עולם, def! '.repeat(9)],
    ['nothing but emoji', '🍞👩‍👩‍👧‍👦🇩🇪'.repeat(30)],
  ])('fits %s in', async (_what, title) => {
    const card = await compose(title, null);
    expect(outside(card)).toBe(false);
    expect(card.titleBox).not.toBeNull();
    // Outlines only: nothing of a title stands in the SVG as text.
    expect(card.svg).toMatch(/^<svg [^<>]*>(<(g|rect|path)( [a-z-]+="[^"<>&]*")*\/?>|<\/g>)*<\/svg>$/);
  });

  it('cuts a title off that is too long even in the smallest letters, and leaves letters out that no font has', async () => {
    const whole = await compose('漢'.repeat(200), 'ja');
    const long = await compose('漢'.repeat(600), 'ja');
    expect(long.lines * long.size).toBeLessThan(420);
    expect(long.svg.split('<path').length).toBeLessThan(600);
    expect(long.svg.split('<path').length).toBeGreaterThan(whole.svg.split('<path').length);
    expect((await compose('Tifinagh ⵣ')).missing).toEqual(['ⵣ']);
  });

  it('joins letters, orders words and chooses the forms of characters as the script and the language want it', async () => {
    const glyphs = async (title: string, language: string | null = null) => {
      const text = await prepareText(title, language);
      return shapeLine(text, 0, text.letters.length).glyphs.map(({ id }) => id);
    };
    // Arabic: a letter has other shapes at the beginning, in the middle and at the end than alone. The dots are the same.
    const [dot, alone] = await glyphs('ب', 'ar');
    const joined = (await glyphs('ببب', 'ar')).filter((id) => id !== dot);
    expect(new Set([alone, ...joined]).size).toBe(4);
    // Devanagari: a vowel sign that is spoken after its consonant stands before it.
    expect((await glyphs('कि', 'hi')).at(-1)).toBe((await glyphs('क', 'hi'))[0]);
    // Hebrew runs to the left, numbers and Latin in it to the right, and the whole as its first letter.
    const [shin, dalet] = [...(await glyphs('ש')), ...(await glyphs('ד'))];
    expect(await glyphs('שד')).toEqual([dalet, shin]);
    const [one, two] = await glyphs('12');
    const [space] = await glyphs('ש ד').then((all) => all.slice(1));
    expect(await glyphs('ש 12 ד')).toEqual([dalet, space, one, two, space, shin]);
    // One code point, two shapes.
    expect((await compose('直', 'ja')).svg).not.toBe((await compose('直', 'zh')).svg);
  });

  it('begins a text that is read from the right at the right, with its words in that order', async () => {
    const left = await compose('Sourdough');
    const right = await compose('שלום', 'he');
    expect(left.titleBox?.left).toBeLessThan(cardMargin + 12);
    expect(right.titleBox?.right).toBeGreaterThan(cardSize.width - cardMargin - 12);
    // The name stands below the title's beginning.
    expect(right.nameBox?.right).toBeGreaterThan(cardSize.width - cardMargin - 12);
  });
});

function outside({ titleBox: box }: Awaited<ReturnType<typeof compose>>): boolean {
  const slack = 12;
  return (
    box !== null &&
    (box.left < cardMargin - slack ||
      box.right > cardSize.width - cardMargin + slack ||
      box.top < 70 - slack ||
      box.bottom > 490 + slack)
  );
}

describe('titleCard', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('draws the same words and colours once, and keeps the PNG', async () => {
    const userId = app.ctx.ownerId;
    const input = { userId, title: 'Bread & <salt>', siteName: 'Example', language: 'en', ...colours };
    let drawn = 0;
    const count = (card: CardInput) => {
      drawn += 1;
      return app.ctx.imaging.card(card);
    };
    const imaging = { ...app.ctx.imaging, card: count };
    const ctx = { ...app.ctx, imaging };
    const first = await titleCard(ctx, input);
    expect(first).toMatchObject({ kind: 'card', mime: 'image/png', width: 1200, height: 630, alt: 'Bread & <salt>' });
    expect((await titleCard(ctx, input)).id).toBe(first.id);
    expect(drawn).toBe(1);
    // Other input, the same picture: one row.
    expect((await titleCard(ctx, { ...input, title: 'Bread  & <salt>' })).id).toBe(first.id);
    expect(drawn).toBe(2);
    expect((await titleCard(ctx, { ...input, background: '#000000' })).id).not.toBe(first.id);
    const [ja, zh] = [
      { ...input, title: '直', language: 'ja' },
      { ...input, title: '直', language: 'zh' },
    ];
    const { id } = await titleCard(ctx, ja);
    expect((await titleCard(ctx, zh)).id).not.toBe(id);
    expect((await titleCard(ctx, { ...ja, siteName: 'Garden' })).id).not.toBe(id);
    const other = newId();
    await app.ctx.db.insert(users).values({ id: other, name: 'Somebody else' });
    expect((await titleCard(ctx, { ...ja, userId: other })).userId).toBe(other);
    const { image, data } = await readImage(app.ctx.db, userId, first.id);
    expect(data.length).toBe(image.size);
    expect(Buffer.from(data.subarray(0, 8)).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    await expect(readImage(app.ctx.db, '01890000-0000-7000-8000-000000000000', first.id)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('images of ours in Markdown', () => {
  const own = '/api/v1/images/01890000-0000-7000-8000-000000000000/file';

  it('keep their address; no other relative one is kept', () => {
    expect(renderMarkdown(`![a](${own})`).html).toContain(`<img src="${own}" alt="a">`);
    for (const other of [
      `${own}?x=1`,
      `${own}/../x`,
      '/api/v1/me/export',
      'x.png',
      '//evil.example/x.png',
      `/x${own}`,
    ]) {
      expect(renderMarkdown(`![a](${other})`).html).not.toContain('src=');
    }
    expect(renderMarkdown('![a](https://x.example/a.png)').html).toContain('src="https://x.example/a.png"');
  });
});

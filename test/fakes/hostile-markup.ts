import { breadSources } from '../factories.ts';
import { diligentScript, type Script } from './scripted-model.ts';

/** Ways to make a page do something, each with a word of its own so that a test sees which one got through. */
export const attacks = [
  '<script>xss("aaa")</script>',
  '<img src=x onerror=xss("aab")>',
  '<svg/onload=xss("aac")>',
  '<a href="javascript:xss(\'aad\')">click</a>',
  '[click](javascript:xss("aae"))',
  '[click](<data:text/html,aaf>)',
  '[click](https://evil.example/aag)',
  '![](https://evil.example/aah.gif)',
  '<img src="https://evil.example/aai.gif" width="1" height="1">',
  '<iframe src="https://evil.example/aaj"></iframe>',
  '<form action="https://evil.example/aba"><input name=q><button>go</button></form>',
  '<style>body{background:url(https://evil.example/abb)}</style>',
  '<meta http-equiv="refresh" content="1;url=https://evil.example/abc">',
  '<object data="https://evil.example/abd"></object><embed src="https://evil.example/abd">',
  'https://evil.example/abe',
  'www.evil.example/abf',
  'abg@evil.example',
  '<https://evil.example/abh>',
  '[^1]: https://evil.example/abi',
  '[ref]: https://evil.example/abj "x"',
  '[gallery ids="aca"]',
  '[embed]https://evil.example/acb[/embed]',
  '[caption id="acc"]<img src=x>[/caption]',
  '<!-- wp:html --><script>xss("acd")</script><!-- /wp:html -->',
  '<!-- wp:latest-posts /--> <!--more ace--><!--nextpage-->',
  '</p></div></article><script>xss("acf")</script>',
  '&lt;script&gt;xss("acg")&lt;/script&gt; &#60;script&#62;xss("acg")',
  '"><script>xss("ach")</script>',
  '`</code><script>xss("aci")</script>`',
  '```\n</pre><script>xss("acj")</script>\n```',
  '| a | <script>xss("ada")</script> |',
  "<div onclick=xss('adb') style='position:fixed;inset:auto'>",
  '<noscript><p title="</noscript><img src=x onerror=xss(\'adc\')>">',
  '<math><mtext><table><mglyph><style><img src=x onerror=xss("add")></style></table></mtext></math>',
  '\u202e<script>xss("ade")</script>',
  '＜script＞xss("adf")＜/script＞',
  '<template><script>xss("adg")</script></template><base href="https://evil.example/">',
  '{{constructor.constructor("xss(\'adh\')")()}} <%= xss("adh") %>',
];

/** All of them in one text. */
export const allAttacks = attacks.join(' ');

const proofSentence = 'A starter takes 1 spoon of flour, or 60 to 62 grams of it.';

/** Sources that let the attacks pass the check of numbers. */
export const hostileSources = [...breadSources, { title: 'Spoons', text: `${breadSources[0]?.text} ${proofSentence}` }];

/** A model that puts the attacks into every text it may write, around sentences that are otherwise well cited. */
export const hostileScript: Script = {
  ...diligentScript,
  topic: ({ topic }) => ({
    angle: allAttacks,
    keyword: `bread ${attacks[0]}`,
    intent: 'informational',
    titles: [`${topic} ${attacks[0]} ${attacks[20]} ${attacks[1]}`, allAttacks, allAttacks],
    chosen: 0,
    queries: attacks.slice(0, 3),
  }),
  outline: (input, call) => {
    const outline = diligentScript.outline(input, call);
    if (typeof outline !== 'object' || !('sections' in outline)) return outline;
    const sections = outline.sections.map((section, index) => ({
      ...section,
      heading: attacks.slice(index * 2, index * 2 + 4).join(' '),
      goal: allAttacks,
    }));
    return { sections, wantsFaq: true };
  },
  'draft-section': ({ passages, alreadyWritten }) => {
    const cited = passages.flatMap(({ ref, text }) => {
      const quote = /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
      return alreadyWritten.includes(quote) ? [] : [{ text: quote, citations: [{ ref, quote }] }];
    });
    // Cited, so that the check keeps them; the passage holds every number that they name.
    const proof = passages.find(({ text }) => text.includes(proofSentence));
    if (!proof) return { blocks: [{ type: 'paragraph', sentences: cited }] };
    const citations = [{ ref: proof.ref, quote: proofSentence }];
    const plain = attacks.map((text) => ({ text: `${text}`, citations }));
    return {
      blocks: [
        { type: 'paragraph', sentences: [...cited, ...plain] },
        { type: 'bullets', sentences: plain },
        { type: 'numbered', sentences: plain },
        ...plain.map((sentence) => ({ type: 'paragraph' as const, sentences: [sentence] })),
      ],
    };
  },
  'draft-frame': () => {
    const sentences = attacks.map((text) => ({ text, citations: [] }));
    return {
      introduction: [{ type: 'paragraph', sentences }],
      conclusion: [{ type: 'paragraph', sentences }],
      conclusionHeading: `${attacks[0]} ${attacks[7]}`,
      faqHeading: `${attacks[9]} ${attacks[10]}`,
      faq: attacks.map((text) => ({ question: text, answer: [{ text, citations: [] }] })),
    };
  },
  seo: () => ({
    metaTitle: `Bread ${attacks[0]}`,
    metaDescription: `${attacks[1]} ${attacks[2]} ${attacks[3]}`,
    excerpt: `${attacks[0]} ${attacks[6]} ${attacks[14]} ${attacks[20]}`,
  }),
};

/** The same by a person's hand: here Markdown and HTML mean what they say, and links and pictures may stand. */
export const hostileMarkdown = `Feeding once a day.\n\n${attacks.map((text) => `${text}\n\n- ${text}\n\n> ${text}`).join('\n\n')}\n\nThe end.`;

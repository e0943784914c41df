import { oneLine, printable } from '../storable.ts';
import { limitText } from '../text/limit-text.ts';

/** What a mail says, in the order in which it says it. Texts are plain; what a reader wrote in them stays text. */
export interface EmailDraft {
  subject: string;
  greeting?: string;
  /** Line breaks inside a paragraph are kept. */
  paragraphs: string[];
  /** The one thing to do. */
  action?: { label: string; url: string };
  /** Something else that can be done instead. */
  otherAction?: { label: string; url: string };
  /** Why the reader got this mail, and what to do when it was not for them. */
  footer?: string;
}

export interface ComposedEmail {
  subject: string;
  text: string;
  html: string;
}

/** A line of a header is to be no longer than 78 characters; more than two such lines no client shows. */
const longestSubject = 150;

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** The subject of a mail on one line, at a readable length: a line break in it would begin a header of someone else's. */
export function subjectLine(subject: string): string {
  return limitText(oneLine(subject), longestSubject);
}

/**
 * A mail as text and as HTML that say the same. The text has the link on a line of its own, so that every client makes
 * all of it clickable; the HTML loads nothing from anywhere, and leaves its colours to the reader's light or dark mode.
 */
export function composeEmail(draft: EmailDraft): ComposedEmail {
  const subject = subjectLine(draft.subject);
  const paragraphs = [draft.greeting ?? '', ...draft.paragraphs].map((text) => printable(text).trim()).filter(Boolean);
  const footer = draft.footer ? oneLine(draft.footer) : null;
  const actions = [draft.action, draft.otherAction].flatMap((action) =>
    action ? [{ label: oneLine(action.label), url: oneLine(action.url) }] : [],
  );
  const text = [
    ...paragraphs,
    ...actions.map(({ label, url }) => `${label}:\n${url}`),
    // The signature mark of mail (RFC 3676, 4.3), with its blank at the end.
    ...(footer ? [`-- \n${footer}`] : []),
  ].join('\n\n');
  const blocks = [
    ...paragraphs.map((paragraph) => `<p style="white-space:pre-line">${escapeHtml(paragraph)}</p>`),
    ...actions.map(actionHtml),
    ...(footer ? [`<p style="margin-top:2em;font-size:.875em;opacity:.8">${escapeHtml(footer)}</p>`] : []),
  ];
  return { subject, text: `${text}\n`, html: page(subject, blocks) };
}

/** The address is shown as well: a reader sees where a link leads before following it. */
function actionHtml({ label, url }: { label: string; url: string }): string {
  const href = escapeHtml(url);
  return `<p><a href="${href}" style="font-weight:bold">${escapeHtml(label)}</a></p>
<p style="font-size:.875em;word-break:break-all">${href}</p>`;
}

function page(subject: string, blocks: string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0 auto;padding:16px;max-width:36em;font:16px/1.5 system-ui,sans-serif">
${blocks.join('\n')}
</body>
</html>
`;
}

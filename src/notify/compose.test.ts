import { expect, test } from 'vitest';
import { composeEmail } from './compose.ts';

const url = 'https://posts.example.com/verify?token=abc&next=%2Fhome';

test('text and HTML say the same, and the link stands on a line of its own', () => {
  const mail = composeEmail({
    subject: 'Confirm your address',
    greeting: 'Hello Zoë,',
    paragraphs: ['someone registered with this address.', 'The link works for a day.'],
    action: { label: 'Confirm the address', url },
    footer: 'Not you? Then ignore this mail.',
  });
  expect(mail.text.split('\n')).toContain(url);
  for (const part of ['Hello Zoë,', 'The link works for a day.', 'Confirm the address', 'Not you?']) {
    expect(mail.text).toContain(part);
    expect(mail.html).toContain(part);
  }
  expect(mail.html).toContain('href="https://posts.example.com/verify?token=abc&amp;next=%2Fhome"');
  expect(mail.html).toContain('<html lang="en">');
});

test('what others wrote stays text in HTML and cannot break out of a header', () => {
  const mail = composeEmail({
    subject: 'Hello\r\nBcc: eve@example.org\u2028X: y\u0000',
    greeting: '<img src=x onerror="alert(1)">',
    paragraphs: ['"quoted" & <b>bold</b>', '\u202ereversed'],
    action: { label: '<script>', url: 'https://a.example/"><script>alert(1)</script>' },
  });
  expect(mail.subject).toBe('Hello Bcc: eve@example.org X: y');
  expect(mail.html).not.toMatch(/<img|<script|<b>|\u202e/);
  expect(mail.html).toContain('&quot;quoted&quot; &amp; &lt;b&gt;bold&lt;/b&gt;');
  expect(mail.text).not.toContain('\u202e');
});

test('the HTML loads nothing and sets no colours, so that dark mode keeps it readable', () => {
  const { html } = composeEmail({ subject: 'x', paragraphs: ['y'], action: { label: 'Go', url } });
  expect(html).not.toMatch(/<(img|link|script|iframe|table)|url\(|@import|[^-]color:|background/i);
  expect(html).toContain('content="light dark"');
});

test('a subject is cut to what can be shown', () => {
  const { subject } = composeEmail({ subject: 'word '.repeat(200), paragraphs: [] });
  expect(subject.length).toBeLessThanOrEqual(150);
});

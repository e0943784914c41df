import { expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

it.each([
  ['Bread &amp; butter &#8211; it&rsquo;s caf&eacute;', 'Bread & butter – it’s café'],
  ['The &lt;br&gt; tag', 'The <br> tag'],
  ['<b>Bread</b>s<br>and <em>cakes</em>', 'Breads and cakes'],
  ['<script>alert(1)</script>Title<style>a{}</style>', 'Title'],
  ['a < b and b > a', 'a < b and b > a'],
  ['a < b &amp; c', 'a < b & c'],
  ['one\u0000\u202e\n two \ud800', 'one two \ufffd'],
  ['<p>open <a href="x', 'open <a href="x'],
])('%j becomes %j', (html, text) => {
  expect(plainText(html, 300)).toBe(text);
});

it('caps what is long, and reads no more than it needs', () => {
  expect(plainText('word '.repeat(1000), 20)).toBe('word word word word');
  // Each of these would take minutes if all of it were looked at.
  expect(plainText('<script'.repeat(500_000), 300)).toHaveLength(300);
  expect(plainText('<b>'.repeat(500_000), 300)).toBe('');
});

/** The words of a short piece of Markdown as a reader sees them, to look for them in the text. */
export function plainWords(markdown: string): string {
  return markdown
    .replace(/\[\^[^\]\s]+\]/g, '')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\((?:<[^>]*>|[^)]*)\)/g, '$1')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d+[.)])[ \t]+/gm, '')
    .replace(/(?<!\\)(?:\*\*|__|~~|[*_`])/g, '')
    .replace(/\\([^\w\s])/g, '$1')
    .trim();
}

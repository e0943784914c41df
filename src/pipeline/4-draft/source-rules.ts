/** How a model has to use sources; part of every prompt that writes sentences of the article. */
export const sourceRules = `Rules for every sentence:
- A sentence that states a fact has a citation: "ref" is the handle of the passage that says it (p1, p2, ...), "quote" is 3 to 30 words copied from that passage letter by letter, without leaving anything out.
- Say only what the cited passage says, in your own words. Numbers, dates and names exactly as in the passage. Do not strengthen, generalise or add.
- A sentence that only connects or addresses the reader has no citation; it then holds no fact, number or name, and is short.
- "text" is plain text: no Markdown, no footnote marks, no handles.`;

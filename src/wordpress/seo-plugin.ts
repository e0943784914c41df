/** The SEO plugins whose fields are written; null stands for none of them. */
export const seoPlugins = ['yoast', 'rank-math', 'seopress'] as const;
export type SeoPlugin = (typeof seoPlugins)[number];

import { z } from 'zod';
import { getArticle, listFeaturedImages } from '../articles/queries.ts';
import type { AppContext } from '../context.ts';
import { AppError } from '../errors.ts';
import { problems } from '../http/on-error.ts';
import type { RegisterRoutes } from '../http/server.ts';
import { getSite } from '../sites/queries.ts';
import type { Site } from '../sites/schema.ts';
import { settingsOf } from '../sites/settings.ts';
import { differences, previewDocument } from './document.ts';
import { createThemes, type Theme, type Themes } from './themes.ts';

const previewSchema = z
  .object({
    html: z.string().meta({
      description:
        'A whole page for a frame of its own, sandboxed without scripts: its policy lets nothing be loaded but images that are kept here',
    }),
    revision: z.int().meta({ description: 'The revision of the article that is shown' }),
    look: z.enum(['theme', 'styles', 'plain']).meta({
      description:
        'theme: as a post of the site; styles: with its styles, but no post of it to go by; plain: without a site, or where it could not be read',
    }),
    page: z.string().nullable().meta({ description: 'The page of the site that it goes by' }),
    readAt: z.iso.datetime().nullable().meta({ description: 'When that was read' }),
    differences: z
      .array(z.enum(differences))
      .meta({ description: 'What is not shown, or not as the site will show it' }),
    problem: z
      .object({ code: z.string(), message: z.string(), hint: z.string() })
      .nullable()
      .meta({ description: 'Why the site could not be read' }),
  })
  .meta({ id: 'ArticlePreview' });

/** An article as a site will show it. */
export const previewRoutes: RegisterRoutes = (server, ctx) => {
  const themes = createThemes(ctx);
  server.get(
    '/articles/:id/preview',
    {
      schema: {
        tags: ['articles'],
        summary: 'The article as a site will show it, as far as that can be told beforehand',
        description:
          'The stored text in the blocks that WordPress gets, inside what a public post of the site has around its own, with the styles of its theme. Nothing is sent to the site but requests that any reader makes; what was read is kept for ten minutes.',
        operationId: 'previewArticle',
        params: z.object({ id: z.uuid() }),
        querystring: z.object({
          siteId: z.uuid().optional().meta({ description: 'Without one it is shown plainly' }),
        }),
        response: { 200: previewSchema, ...problems(401, 404, 422) },
      },
    },
    async (request) => {
      const { userId, params, query } = request;
      const article = await getArticle(ctx.db, userId, params.id);
      const site = query.siteId ? await getSite(ctx.db, userId, query.siteId) : null;
      const featured = await listFeaturedImages(ctx.db, [article]);
      const { theme, problem } = site ? await themeOf(ctx, themes, site) : { theme: null, problem: null };
      const shown = previewDocument({
        article,
        featured: featured.get(article.featuredImageId ?? '') ?? null,
        settings: site && settingsOf(site),
        siteUrl: site?.url ?? null,
        theme,
      });
      return {
        ...shown,
        revision: article.revision,
        look: theme ? (theme.frame.body.length > 0 ? ('theme' as const) : ('styles' as const)) : ('plain' as const),
        page: theme?.pageUrl ?? null,
        readAt: theme?.readAt.toISOString() ?? null,
        problem,
      };
    },
  );
};

/** What cannot be read of a site is said, and the article shown without. */
async function themeOf(
  ctx: Pick<AppContext, 'log'>,
  themes: Themes,
  site: Site,
): Promise<{ theme: Theme | null; problem: { code: string; message: string; hint: string } | null }> {
  try {
    return { theme: await themes.of(site), problem: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    ctx.log.info({ err: error, siteId: site.id }, 'the theme of a site could not be read for a preview');
    const { code, message, hint } = error;
    return { theme: null, problem: { code, message, hint } };
  }
}

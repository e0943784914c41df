/*
 * The files that come with the program. Code that reads one takes its address from here: this module lies one folder
 * below the root in a checkout (src/) and in the bundle (dist/server/), so the same relative addresses hold in both.
 */

/** The migrations, one SQL file each. */
export const migrationsFolder = new URL('./db/migrations/', import.meta.url);
/** The built web app; index.html is missing until it is built. */
export const webAppFolder = new URL('../web/dist/', import.meta.url);
/** The brief and the texts of the sample article. */
export const samplesFolder = new URL('../docs/samples/', import.meta.url);
/** The description of the API as it is checked in. */
export const apiDescription = new URL('../openapi.json', import.meta.url);

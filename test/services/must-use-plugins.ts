import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Puts a must-use plugin of test/services/wordpress-plugins into the WordPress sites 1 and 2, and returns what takes it
 * away. Sites whose folder is not on this machine must have it (compose.yaml mounts it there). The sites are shared: a
 * plugin may act only on requests that carry a header of the test's own, and only once, because other tests put it
 * there, too, and take theirs away when they end. The sites of services.sh lie in `SERVICES_DIR`; `TEST_WP1_MU_PLUGINS`
 * and `TEST_WP2_MU_PLUGINS` name other folders.
 */
export async function installMustUsePlugin(file: string, probe: { namespace: string; header: string; value: string }) {
  const services =
    process.env.SERVICES_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'blog-poster-services');
  const installed: string[] = [];
  for (const number of [1, 2]) {
    const folder =
      process.env[`TEST_WP${number}_MU_PLUGINS`] ?? join(services, 'srv', `site${number}`, 'wp-content', 'mu-plugins');
    if (!existsSync(join(folder, '..'))) {
      const index = `${process.env[`TEST_WP${number}_URL`]}/?rest_route=/`;
      const answer = await fetch(index, { headers: { [probe.header]: probe.value } });
      const { namespaces } = (await answer.json()) as { namespaces: string[] };
      if (namespaces.includes(probe.namespace)) continue;
      throw new Error(`There is no WordPress in ${folder}: set TEST_WP${number}_MU_PLUGINS.`);
    }
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `bp-test-${process.pid}-${file}`);
    copyFileSync(new URL(`wordpress-plugins/${file}`, import.meta.url), path);
    installed.push(path);
  }
  return () => {
    for (const path of installed) rmSync(path, { force: true });
  };
}

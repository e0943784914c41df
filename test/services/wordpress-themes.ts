/** A signed-in visit to the administration of a WordPress site: the REST API cannot change themes. */
export interface ThemeSwitcher {
  active: string;
  /** All that are installed. */
  themes: string[];
  activate(stylesheet: string): Promise<void>;
}

/** Logs in with the login password of an administrator and reads which themes there are. */
export async function openThemes(siteUrl: string, user: string, loginPassword: string): Promise<ThemeSwitcher> {
  const cookies = new Map<string, string>();
  const visit = async (path: string, form?: Record<string, string>): Promise<string> => {
    const response = await fetch(new URL(path, siteUrl), {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return response.text();
  };
  await visit('/wp-login.php');
  await visit('/wp-login.php', { log: user, pwd: loginPassword, testcookie: '1' });
  const read = async () => {
    const page = await visit('/wp-admin/themes.php');
    const settings = /_wpThemeSettings\s*=\s*(\{.*?\});?\s*$/m.exec(page)?.[1];
    if (settings === undefined)
      throw new Error(`the themes of ${siteUrl} cannot be read: is the login password right?`);
    return (JSON.parse(settings) as { themes: { id: string; active: boolean; actions: { activate: string | null } }[] })
      .themes;
  };
  const themes = await read();
  return {
    active: themes.find((theme) => theme.active)?.id ?? '',
    themes: themes.map(({ id }) => id),
    async activate(stylesheet) {
      const link = (await read()).find(({ id }) => id === stylesheet)?.actions.activate;
      // The theme that is active has no such link.
      if (link) await visit(link.replaceAll('&amp;', '&'));
      const now = (await read()).find(({ active }) => active)?.id;
      if (now !== stylesheet) throw new Error(`${siteUrl} shows ${now} where ${stylesheet} was asked for`);
    },
  };
}

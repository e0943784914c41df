import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tester } from '../account.ts';
import { type MailServer, startMailServer } from '../fakes/mail-server.ts';
import { totp } from '../totp.ts';
import {
  atHome,
  faultsInBothThemes,
  fillRegistration,
  launchBrowser,
  nobody,
  picture,
  type Session,
  seriousViolations,
  startServer,
  type TestServer,
  untilTrue,
  visitPage,
} from './browser.ts';

/** Sends no mail, as on the day it is installed. */
let plain: TestServer;
/** Sends mail, and anyone may register. */
let mailing: TestServer;
/** Sends mail, takes no new accounts but by invitation, and counts attempts as it does by default. */
let closed: TestServer;
let mails: MailServer;
let browser: Browser;

beforeAll(async () => {
  mails = await startMailServer();
  const mail = { SMTP_URL: mails.url, ALLOW_PRIVATE_HOSTS: '127.0.0.1' };
  [plain, mailing, closed, browser] = await Promise.all([
    startServer(),
    startServer(mail),
    startServer({ ...mail, SIGNUPS: 'closed', AUTH_RATE_LIMIT_PER_MINUTE: '10' }),
    launchBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([plain?.stop(), mailing?.stop(), closed?.stop()]);
  await mails?.close();
});

type Options = Parameters<Browser['newContext']>[0];

/** A person at a browser of their own; in the end the page must have had no error that the person did not see. */
async function visit(server: TestServer, path: string, work: (page: Page) => Promise<void>, options: Options = nobody) {
  await visitPage(browser, server, path, work, options);
}

const dashboard = atHome;
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const pathOf = (page: Page) => page.url().slice(new URL(page.url()).origin.length);

async function fillLogIn(page: Page, { email, password }: { email: string; password: string }) {
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await button(page, 'Log in').click();
}

async function logOut(page: Page) {
  await page
    .getByRole('button', { name: /^Your account/ })
    .filter({ visible: true })
    .click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await heading(page, 'Log in');
}

/** Logs in through the form, in a browser of its own; what a later page needs to be that one. */
async function sessionOf(server: TestServer, who: { email: string; password: string }): Promise<Session> {
  let session: Session | undefined;
  await visit(server, '/login', async (page) => {
    await fillLogIn(page, who);
    await dashboard(page);
    session = await page.context().storageState();
  });
  if (!session) throw new Error('nobody logged in');
  return session;
}

/** Registers through the form, on a server that sends no mail. */
async function registered(email: string, name = 'Person') {
  const who = { name, email, password: 'a password for the tests' };
  await visit(plain, '/register', async (page) => {
    await fillRegistration(page, who);
    await dashboard(page);
  });
  return who;
}

/** The path of the link in the newest mail to `address` about `subject`, as the person clicks it. */
async function linkTo(address: string, subject: string): Promise<string> {
  const mail = await vi.waitFor(
    () => {
      const found = mails.mails.filter(({ to, parsed }) => to.includes(address) && parsed.subject === subject).at(-1);
      if (!found) throw new Error(`no mail to ${address}: ${mails.mails.map((m) => `${m.to}: ${m.parsed.subject}`)}`);
      return found;
    },
    { timeout: 30_000, interval: 100 },
  );
  const url = /https?:\/\/\S+#token=[\w-]+/.exec(mail.parsed.text ?? '')?.[0];
  if (!url) throw new Error(`no link in ${mail.parsed.text}`);
  return url.slice(new URL(url).origin.length);
}

it('computes the codes of RFC 6238', () => {
  // Appendix B, the last six of its eight digits; the secret is "12345678901234567890".
  expect(totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 59_000)).toBe('287082');
  expect(totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 1_111_111_109_000)).toBe('081804');
});

describe('a fresh instance', () => {
  it('asks for the first account, which finds the sample article on its dashboard and is admin', async () => {
    await visit(
      plain,
      '/runs',
      async (page) => {
        await heading(page, 'Create the first account');
        expect(pathOf(page)).toBe('/register?next=%2Fruns');
        await page.getByText('Your account becomes its admin').waitFor();
        await fillRegistration(page, { name: 'Ada Admin', ...tester });
        // Back where one wanted to go.
        await heading(page, 'Runs');
        expect(pathOf(page)).toBe('/runs');
        expect(
          await page.evaluate('Object.keys(localStorage).filter((key) => !key.includes("new-article")).length'),
        ).toBe(0);
        await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).click();
        await dashboard(page);
        // The sample article; on a slow machine it is still being written, and appears by itself.
        await page.getByRole('link', { name: 'See a finished article first' }).waitFor({ timeout: 90_000 });
        await picture(page, 'dashboard-first', true);
        await page.getByRole('button', { name: 'Your account: Ada Admin' }).click();
        await page.getByRole('menuitem', { name: 'Admin' }).waitFor();
        await picture(page, 'user-menu');
        await page.keyboard.press('Escape');
        // The browser's time zone came along.
        await page.goto('/account');
        await expect(page.getByLabel('Time zone').inputValue()).resolves.toBe('Europe/Lisbon');
        plain.session = await page.context().storageState();
      },
      { ...nobody, timezoneId: 'Europe/Lisbon' },
    );
  });

  it('lets out and in again, and goes back to the page that was asked for', async () => {
    const who = await registered('in-and-out@example.com');
    await visit(plain, '/login', async (page) => {
      await fillLogIn(page, { ...who, password: 'not this one' });
      await page.getByRole('alert').getByText('The address or the password is wrong.').waitFor();
      // What was typed is still there.
      await expect(page.getByLabel('Mail address').inputValue()).resolves.toBe(who.email);
      await fillLogIn(page, who);
      await dashboard(page);
      await page.goto('/articles?query=backup');
      await logOut(page);
      await page.getByText('You are logged out.').waitFor();
      expect(pathOf(page)).toBe('/login');
      // Back is where everybody may be; what is inside, one has to log in for.
      await page.goBack();
      await heading(page, 'Articles that show where every claim comes from');
      await page.goto('/articles?query=backup');
      await heading(page, 'Log in');
      await fillLogIn(page, who);
      await heading(page, 'Articles');
      expect(pathOf(page)).toBe('/articles?query=backup');
    });
  });

  it('says at each field what is wrong with it, and keeps what was typed', async () => {
    await visit(plain, '/register', async (page) => {
      await button(page, 'Create the account').click();
      expect(await page.getByText('This is needed.').count()).toBe(3);
      expect(await page.evaluate('document.activeElement.name')).toBe('name');
      await fillRegistration(page, { name: 'Someone', email: 'no-address', password: 'short' });
      await page.getByText('At least 8 characters; these are 5.').waitFor();
      await page.getByLabel('Password', { exact: true }).fill('long enough now');
      await button(page, 'Create the account').click();
      await page.getByText('must be a mail address, for example you@example.com').waitFor();
      expect(await page.evaluate('document.activeElement.name')).toBe('email');
      await expect(page.getByLabel('Name', { exact: true }).inputValue()).resolves.toBe('Someone');
      // An address that is taken is told apart only by logging in to it.
      await page.getByLabel('Mail address').fill(tester.email);
      await button(page, 'Create the account').click();
      await page.getByText('There may be an account with this address already').waitFor();
      await expect(page.getByLabel('Mail address').inputValue()).resolves.toBe(tester.email);
    });
  });
});

describe('where a link may lead after logging in', () => {
  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    'javascript:alert(1)',
    '/api/v1/me',
  ])('not to %s', async (next) => {
    await visit(plain, `/login?next=${encodeURIComponent(next)}`, async (page) => {
      await fillLogIn(page, tester);
      await dashboard(page);
      expect(page.url()).toBe(`${plain.url}/`);
      // Nor for someone who is in already.
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await dashboard(page);
      expect(page.url()).toBe(`${plain.url}/`);
    });
  });
});

describe('keys', () => {
  it('are made, used, and refused once they are revoked', async () => {
    const who = await registered('keys@example.com');
    const storageState = await sessionOf(plain, who);
    await visit(
      plain,
      '/account/api-keys',
      async (page) => {
        await page.getByText('No keys yet').waitFor();
        await button(page, 'New key').click();
        await button(page, 'Make the key').click();
        await page.getByText('This is needed.').waitFor();
        await page.getByLabel('Name', { exact: true }).fill('Night script');
        for (const scope of ['Read', 'Write']) await page.getByRole('checkbox', { name: scope }).uncheck();
        await button(page, 'Make the key').click();
        await page.getByText('Choose at least one.').waitFor();
        await page.getByRole('checkbox', { name: 'Read' }).check();
        expect(await seriousViolations(page)).toEqual([]);
        await button(page, 'Make the key').click();
        await page.getByText('The key “Night script” is made').waitFor();
        const key = (await page.getByRole('group', { name: 'The key' }).textContent()) ?? '';
        expect(key).toMatch(/^bp_/);
        await button(page, 'Copy the key').click();
        expect(await page.evaluate('navigator.clipboard.readText()')).toBe(key);
        await expect(page.getByRole('group', { name: 'Try it' }).textContent()).resolves.toContain(`Bearer ${key}`);
        await picture(page, 'api-key-made');

        const ask = (init?: RequestInit) =>
          fetch(`${plain.url}/api/v1/articles`, { ...init, headers: { authorization: `Bearer ${key}` } });
        expect((await ask()).status).toBe(200);
        expect((await ask({ method: 'POST' })).status).toBe(403);
        await button(page, 'I have copied it').click();
        await page.reload();
        expect(await page.content()).not.toContain(key);
        await page.getByText(/^Last used now from /).waitFor();
        await button(page, 'Revoke Night script').click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
        await page.getByRole('listitem').getByText('Revoked', { exact: true }).waitFor();
        expect((await ask()).status).toBe(401);
      },
      { storageState },
    );
  });
});

describe('the second factor', () => {
  it('is turned on with a first code, asked for at log-in, and a backup code takes its place once', async () => {
    const who = await registered('careful@example.com');
    const storageState = await sessionOf(plain, who);
    await visit(
      plain,
      '/account/security',
      async (page) => {
        const card = page.locator('section', { has: page.getByRole('heading', { name: 'Two-factor log-in' }) });
        await button(page, 'Turn it on').click();
        await card.getByLabel('Your password').fill('wrong password');
        await button(page, 'Go on').click();
        await card.getByText('The password is wrong.').waitFor();
        await card.getByLabel('Your password').fill(who.password);
        await button(page, 'Go on').click();
        await page.getByRole('img', { name: /^QR code/ }).waitFor();
        const secret = ((await card.locator('code').textContent()) ?? '').replaceAll(' ', '');
        await picture(page, 'two-factor-scan', true);
        expect(await seriousViolations(page)).toEqual([]);
        await page.getByLabel('Code that the app shows now').fill('000000');
        await button(page, 'Turn two-factor log-in on').click();
        await card.getByText('The code is wrong, or its time has passed.').waitFor();
        await page.getByLabel('Code that the app shows now').fill(totp(secret));
        await button(page, 'Turn two-factor log-in on').click();
        await page.getByText('Keep these backup codes').waitFor();
        const codes = await page.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allTextContents();
        expect(codes.length).toBeGreaterThanOrEqual(8);
        await picture(page, 'two-factor-codes', true);
        const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Download').click()]);
        expect(file.suggestedFilename()).toBe('blog-poster-backup-codes.txt');
        await button(page, 'I have kept them').click();
        await card.getByText('On', { exact: true }).waitFor();

        // The code that turned it on is used up; apps whose clock is a little ahead show the next one.
        for (const code of [() => totp(secret, Date.now() + 30_000), () => codes[0] ?? '']) {
          await logOut(page);
          await fillLogIn(page, who);
          await heading(page, 'One more step');
          const backup = code() === codes[0];
          if (backup) await button(page, 'Use a backup code').click();
          const field = page.getByLabel(backup ? 'Backup code' : 'Code of your authenticator app');
          await expect(field.getAttribute('autocomplete')).resolves.toBe(backup ? 'off' : 'one-time-code');
          await field.fill('123456');
          await button(page, 'Log in').click();
          await page.getByText(/is wrong, or its time has passed/).waitFor();
          if (!backup) await picture(page, 'login-code');
          await field.fill(code());
          await button(page, 'Log in').click();
          await dashboard(page);
        }

        await logOut(page);
        await fillLogIn(page, who);
        await button(page, 'Use a backup code').click();
        await page.getByLabel('Backup code').fill(codes[0] ?? '');
        await button(page, 'Log in').click();
        await page.getByText('This is none of the backup codes that are left.').waitFor();
        await page.getByLabel('Backup code').fill(codes[1] ?? '');
        await button(page, 'Log in').click();
        await dashboard(page);

        await page.goto('/account/security');
        await button(page, 'Turn it off').click();
        await card.getByLabel('Your password').fill(who.password);
        await button(page, 'Turn it off').click();
        await card.getByText('Off', { exact: true }).waitFor();
        await page.goto('/account/log');
        await page.getByText('Two-factor log-in turned off').waitFor();
        await page.getByText('Logged in with a backup code').first().waitFor();
      },
      { storageState },
    );
  });
});

describe('devices', () => {
  it('one that is signed out from another finds out at its next click, keeps what was typed, and gets back', async () => {
    const who = await registered('two-devices@example.com');
    const [first, second] = [await sessionOf(plain, who), await sessionOf(plain, who)];
    await visit(
      plain,
      '/account/api-keys',
      async (other) => {
        await button(other, 'New key').click();
        await other.getByLabel('Name', { exact: true }).fill('Half a name');
        await visit(
          plain,
          '/account/sessions',
          async (page) => {
            await page.getByText('This device', { exact: true }).waitFor();
            // Registering made one, too.
            await page.getByText('Chrome on Linux').nth(2).waitFor();
            await picture(page, 'sessions');
            await button(page, 'Sign out all other devices').click();
            await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out all other devices' }).click();
            await page.getByText('You are signed in on this device only.').waitFor();
          },
          { storageState: first },
        );

        await button(other, 'Make the key').click();
        await heading(other, 'Log in');
        await other.getByText('You have been signed out').waitFor();
        expect(pathOf(other)).toBe('/login?next=%2Faccount%2Fapi-keys');
        await picture(other, 'login-ended');
        await expect(other.getByLabel('Mail address').inputValue()).resolves.toBe(who.email);
        await fillLogIn(other, who);
        await heading(other, 'API keys');
        await expect(other.getByLabel('Name', { exact: true }).inputValue()).resolves.toBe('Half a name');
      },
      { storageState: second },
    );
  });

  it('several tabs keep in step, and a tab of someone else starts anew', async () => {
    const [one, two] = [
      await registered('tab-one@example.com', 'Tab One'),
      await registered('tab-two@example.com', 'Tab Two'),
    ];
    await visit(plain, '/runs', async (page) => {
      await fillLogIn(page, one);
      await heading(page, 'Runs');
      const tab = await page.context().newPage();
      await tab.goto('/account');
      await heading(tab, 'Profile');
      await logOut(page);
      await heading(tab, 'Log in');
      expect(pathOf(tab)).toBe('/login?next=%2Faccount');
      await fillLogIn(page, two);
      await dashboard(page);
      await heading(tab, 'Profile');
      await expect(tab.getByLabel('Name', { exact: true }).inputValue()).resolves.toBe('Tab Two');
    });
  });

  it('a draft is there for who typed it, and not for who logs in next', async () => {
    const [one, two] = [await registered('drafts-one@example.com'), await registered('drafts-two@example.com')];
    await visit(plain, '/login', async (page) => {
      const topic = page.getByLabel('Topic', { exact: true });
      const toForm = async () => {
        await dashboard(page);
        await page.goto('/new');
      };
      await fillLogIn(page, one);
      await toForm();
      await topic.fill('A secret plan');
      await logOut(page);
      await fillLogIn(page, two);
      await toForm();
      await expect(topic.inputValue()).resolves.toBe('');
      await logOut(page);
      await fillLogIn(page, one);
      await toForm();
      await expect(topic.inputValue()).resolves.toBe('A secret plan');
    });
  });
});

describe('the admin', () => {
  it('disables an account whose open page leads to the log-in page, which says why; and enables it again', async () => {
    const who = await registered('trouble@example.com', 'Trouble Maker');
    const storageState = await sessionOf(plain, who);
    await visit(
      plain,
      '/',
      async (theirs) => {
        await dashboard(theirs);
        await visit(
          plain,
          '/admin/users?query=trouble',
          async (page) => {
            await button(page, 'Manage Trouble Maker').click();
            await page.getByLabel('Articles a month').fill('many');
            await button(page, 'Set the limits').click();
            await page.getByText('Enter a whole number, or leave it empty.').waitFor();
            await page.getByLabel('Articles a month').fill('3');
            await page.getByLabel('Runs at once').fill('1');
            for (const wrong of ['-5', 'ten', '1000000.01']) {
              await page.getByLabel('Dollars a month').fill(wrong);
              await button(page, 'Set the limits').click();
              await page.getByText('Enter dollars from 0 to 1,000,000').waitFor();
            }
            await page.getByLabel('Dollars a month').fill('0');
            await button(page, 'Set the limits').click();
            await page.getByText('Limits set').waitFor();
            await page.getByText('$0.00 of $0.00 is spent this month').waitFor();
            await page.getByText('Calls under way end, nothing new is paid').waitFor();
            await page.getByLabel('Dollars a month').fill('2.50');
            await button(page, 'Set the limits').click();
            await page.getByText('$0.00 of $2.50').waitFor();
            await page.getByLabel('Subject').fill('A word');
            await page.getByLabel('Text').fill('Please stop.\n\nThank you.');
            await button(page, 'Send the mail').click();
            await page.getByText('Kept for trouble@example.com: this instance sends no mail').waitFor();
            await expect(page.getByLabel('Text').inputValue()).resolves.toBe('');
            expect(await seriousViolations(page)).toEqual([]);
            await picture(page, 'admin-user', true);
            await button(page, 'Disable the account').click();
            await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click();
            await button(page, 'Enable the account').waitFor();
          },
          { storageState: plain.session },
        );

        await heading(theirs, 'Log in');
        await theirs.getByText(/the admin ended it/).waitFor();
        await fillLogIn(theirs, who);
        await theirs.getByRole('alert').getByText('This account has been disabled').waitFor();
        await picture(theirs, 'login-disabled');

        await visit(
          plain,
          '/admin/users?show=disabled',
          async (page) => {
            await button(page, 'Manage Trouble Maker').click();
            await expect(page.getByLabel('Articles a month').inputValue()).resolves.toBe('3');
            await expect(page.getByLabel('Runs at once').inputValue()).resolves.toBe('1');
            await expect(page.getByLabel('Dollars a month').inputValue()).resolves.toBe('2.50');
            await button(page, 'Enable the account').click();
            await page.getByText('Nothing found').or(page.getByText('No account is disabled')).waitFor();
            await page.goto('/admin/log?action=user-disabled');
            await page.getByRole('listitem').getByText('trouble@example.com').first().waitFor();
            await page
              .getByText(/by tester@example\.com/)
              .first()
              .waitFor();
          },
          { storageState: plain.session },
        );
        await fillLogIn(theirs, who);
        await dashboard(theirs);
      },
      { storageState },
    );
  });

  it('is no one else: to others there are no such pages', async () => {
    const who = await registered('curious@example.com');
    await visit(
      plain,
      '/admin/users',
      async (page) => {
        await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
        await page.getByRole('button', { name: /^Your account/ }).click();
        await page.getByRole('menuitem', { name: 'Log out' }).waitFor();
        expect(await page.getByRole('menuitem', { name: 'Admin' }).count()).toBe(0);
      },
      { storageState: await sessionOf(plain, who) },
    );
  });
});

describe('with mail', () => {
  const ann = { name: 'Ann Other', email: 'ann@example.com', password: 'the first password' };

  it('the first account needs no link, and the next one logs in once its address is confirmed', async () => {
    await visit(mailing, '/', async (page) => {
      await fillRegistration(page, { name: 'Ada Admin', ...tester });
      await dashboard(page);
      mailing.session = await page.context().storageState();
    });
    await visit(mailing, '/register', async (page) => {
      await fillRegistration(page, ann);
      await heading(page, 'Look into your mail');
      await page.getByText('A link is on its way to ann@example.com.').waitFor();
      await picture(page, 'check-mail');
      expect(await seriousViolations(page)).toEqual([]);
      const first = await linkTo(ann.email, 'Confirm your address');
      await page.getByRole('link', { name: 'Log in' }).click();
      await fillLogIn(page, ann);
      await page.getByRole('alert').getByText('This address is not confirmed yet').waitFor();
      await picture(page, 'login-unverified');
      const count = mails.mails.length;
      await button(page, 'Send it again').click();
      await page.getByText('Sent again.').waitFor();
      await vi.waitFor(() => expect(mails.mails.length).toBeGreaterThan(count), { timeout: 30_000 });
      const link = await linkTo(ann.email, 'Confirm your address');
      expect(link).not.toBe(first);

      await page.goto(link);
      await heading(page, 'Your address is confirmed');
      // The token is gone from the address bar, so it gets into no history and no copied address.
      expect(pathOf(page)).toBe('/verify-email');
      await picture(page, 'verified');
      await page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
      await fillLogIn(page, ann);
      await dashboard(page);
      await page.goto(link);
      await heading(page, 'The address could not be confirmed');
      await page.getByText('This link has been used already, or it has expired.').waitFor();
      await picture(page, 'verify-failed');
      expect(await seriousViolations(page)).toEqual([]);
    });
  });

  it('a forgotten password is chosen anew with the link, and every device is signed out by it', async () => {
    const [desk, couch] = [await sessionOf(mailing, ann), await sessionOf(mailing, ann)];
    await visit(
      mailing,
      '/runs',
      async (page) => {
        await heading(page, 'Runs');
        await visit(mailing, '/login', async (anywhere) => {
          await anywhere.getByRole('link', { name: 'Forgot the password?' }).click();
          await heading(anywhere, 'Forgot the password?');
          await anywhere.getByLabel('Mail address').fill(ann.email);
          await button(anywhere, 'Send the link').click();
          await heading(anywhere, 'Look into your mail');
          const link = await linkTo(ann.email, 'Choose a new password');
          await anywhere.goto(link);
          await heading(anywhere, 'Choose a new password');
          expect(pathOf(anywhere)).toBe('/reset-password');
          await anywhere.getByLabel('New password').fill('seven77');
          await button(anywhere, 'Change the password').click();
          await anywhere.getByText('At least 8 characters; these are 7.').waitFor();
          await anywhere.getByLabel('New password').fill('the second password');
          await button(anywhere, 'Change the password').click();
          await anywhere.getByText('Your password is changed. Log in with the new one.').waitFor();
          await fillLogIn(anywhere, ann);
          await anywhere.getByText('The address or the password is wrong.').waitFor();
          ann.password = 'the second password';
          await fillLogIn(anywhere, ann);
          await dashboard(anywhere);
          // A link works once.
          await anywhere.goto(link);
          await anywhere.getByLabel('New password').fill('the third password');
          await button(anywhere, 'Change the password').click();
          await anywhere.getByText('This link has been used already, or it has expired.').waitFor();
        });
        await page.getByRole('navigation').filter({ visible: true }).getByRole('link', { name: 'Articles' }).click();
        await heading(page, 'Log in');
        await page.getByText('You have been signed out').waitFor();
      },
      { storageState: desk },
    );
    await visit(mailing, '/runs', async (page) => heading(page, 'Log in'), { storageState: couch });
  });

  it('a new address counts once its link is opened; a new password signs out the others', async () => {
    const storageState = await sessionOf(mailing, ann);
    await visit(
      mailing,
      '/account',
      async (page) => {
        await page.getByLabel('New mail address').fill('ann@new.example.com');
        await page.getByLabel('Your password').fill('not it');
        await button(page, 'Change the address').click();
        await page
          .getByText('The present password is wrong.')
          .or(page.getByText('is wrong', { exact: true }))
          .waitFor();
        await page.getByLabel('Your password').fill(ann.password);
        await button(page, 'Change the address').click();
        await page.getByText('Look into the mail of ann@new.example.com').waitFor();
        await page.getByRole('main').getByText('ann@example.com', { exact: true }).waitFor();
        await page.goto(await linkTo('ann@new.example.com', 'Confirm your new address'));
        await heading(page, 'Your address is confirmed');
        await page.getByRole('link', { name: 'Go on' }).click();
        await dashboard(page);
        await page.getByText('ann@new.example.com').waitFor();
        ann.email = 'ann@new.example.com';

        const other = await sessionOf(mailing, ann);
        await page.goto('/account/security');
        await page.getByLabel('Present password').fill(ann.password);
        await page.getByLabel('New password').fill('the fourth password');
        await button(page, 'Change the password').click();
        await page.getByText('Password changed. Other devices are signed out.').waitFor();
        await expect(page.getByLabel('Present password').inputValue()).resolves.toBe('');
        ann.password = 'the fourth password';
        await visit(mailing, '/runs', async (theirs) => heading(theirs, 'Log in'), { storageState: other });
      },
      { storageState },
    );
  });

  it('an account is deleted with everything in it, after it was said what that is', async () => {
    await visit(
      mailing,
      '/account',
      async (page) => {
        await page.getByText(/posts that were published stay on your sites/).waitFor();
        const [file] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name: 'Download everything (zip)' }).click(),
        ]);
        expect(file.suggestedFilename()).toMatch(/\.zip$/);
        await button(page, 'Delete the account …').click();
        await page.getByLabel(`Type ${ann.email} to confirm`).fill('someone@example.com');
        await button(page, 'Delete everything for good').click();
        await page.getByText('This is not the address of your account.').waitFor();
        expect(await seriousViolations(page)).toEqual([]);
        await picture(page, 'delete-account', true);
        await page.getByLabel(`Type ${ann.email} to confirm`).fill(ann.email);
        const card = page.locator('section', { has: page.getByRole('heading', { name: 'Delete the account' }) });
        await card.getByLabel('Your password').fill(ann.password);
        await button(page, 'Delete everything for good').click();
        await page.getByText('Your account was deleted.').waitFor();
        expect(pathOf(page)).toBe('/login');
        expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
        await fillLogIn(page, ann);
        await page.getByText('The address or the password is wrong.').waitFor();
      },
      { storageState: await sessionOf(mailing, ann) },
    );
  });
});

describe('an instance that takes no new accounts', () => {
  it('says so in place of a form, and takes those who are invited', async () => {
    await visit(closed, '/', async (page) => {
      // There must be someone who can invite.
      await fillRegistration(page, { name: 'Ada Admin', ...tester });
      await dashboard(page);
      closed.session = await page.context().storageState();
    });
    await visit(closed, '/login', async (page) => {
      expect(await page.getByRole('link', { name: 'Create an account' }).count()).toBe(0);
      await page.goto('/register');
      await heading(page, 'This blog-poster takes no new accounts');
      await picture(page, 'register-closed');
    });
    await visit(
      closed,
      '/admin/invitations',
      async (page) => {
        await page.getByText('No invitations yet').waitFor();
        await page.getByLabel('Mail address to invite').fill(tester.email);
        await button(page, 'Invite').click();
        await page.getByText(`${tester.email} has an account already.`).waitFor();
        for (const email of ['guest@example.com', 'mistake@example.com']) {
          await page.getByLabel('Mail address to invite').fill(email);
          await button(page, 'Invite').click();
          await page.getByRole('listitem').getByText(email).waitFor();
        }
        await button(page, 'Take back the invitation of mistake@example.com').click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click();
        await page.getByRole('listitem').getByText('Taken back', { exact: true }).waitFor();
        await picture(page, 'invitations');
        expect(await seriousViolations(page)).toEqual([]);
        // Opened in the browser of someone who is in, it does not throw them out.
        await page.goto(await linkTo('guest@example.com', 'You are invited to blog-poster'));
        await page.getByText(`You are logged in as ${tester.email}`).waitFor();
      },
      { storageState: closed.session },
    );
    await visit(closed, await linkTo('guest@example.com', 'You are invited to blog-poster'), async (page) => {
      await heading(page, 'You are invited');
      expect(pathOf(page)).toBe('/register');
      await fillRegistration(page, { name: 'Guest', email: 'guest@example.com', password: 'a guest has a password' });
      await dashboard(page);
    });
    await visit(closed, await linkTo('mistake@example.com', 'You are invited to blog-poster'), async (page) => {
      await fillRegistration(page, { name: 'M', email: 'mistake@example.com', password: 'a guest has a password' });
      await page.getByText('This invitation is for another address, was used, or has expired.').waitFor();
    });
  });

  it('says how long to wait after too many attempts', async () => {
    await visit(closed, '/login', async (page) => {
      await vi.waitFor(
        async () => {
          await fillLogIn(page, { email: tester.email, password: 'a guess' });
          await page.getByText(/^Too many attempts/).waitFor({ timeout: 1000 });
        },
        { timeout: 60_000, interval: 10 },
      );
      await page.getByText(/^Try again in \d+ s\.$/).waitFor();
      await picture(page, 'login-rate-limited');
      expect(await seriousViolations(page)).toEqual([]);
    });
  });
});

describe('keyboards and password managers', () => {
  it('sign up and log in go with the keyboard alone', async () => {
    await visit(plain, '/register', async (page) => {
      await heading(page, 'Create an account');
      const type = async (text: string) => {
        await page.keyboard.type(text);
        await page.keyboard.press('Tab');
      };
      // The first field has the keyboard already.
      await type('Key Board');
      await type('keyboard@example.com');
      await type('typed by hand');
      // The button that shows the password lies on the way, and works.
      await page.keyboard.press('Space');
      await expect(page.getByLabel('Password', { exact: true }).getAttribute('type')).resolves.toBe('text');
      await page.keyboard.press('Space');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await dashboard(page);
      const menu = page.getByRole('button', { name: /^Your account/ });
      await menu.focus();
      await page.keyboard.press('Enter');
      await untilTrue(page, 'document.activeElement.getAttribute("role") === "menuitem"');
      await page.keyboard.press('End');
      await untilTrue(page, '/log out/i.test(document.activeElement.textContent)');
      await page.keyboard.press('Enter');
      await heading(page, 'Log in');
      await type('keyboard@example.com');
      await page.keyboard.type('typed by hand');
      await page.keyboard.press('Enter');
      await dashboard(page);
    });
  });

  it.each([
    ['/login', ['username', 'current-password']],
    ['/register', ['name', 'username', 'new-password']],
    ['/forgot-password', ['username']],
    ['/reset-password#token=x', ['new-password']],
  ])('%s tells a password manager what its fields are, in one form with one button', async (path, expected) => {
    await visit(plain, path, async (page) => {
      await page.locator('form').waitFor();
      expect(await page.locator('form').count()).toBe(1);
      expect(await page.locator('form [type=submit]').count()).toBe(1);
      const found = await page
        .locator('form input')
        .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('autocomplete')));
      expect(found).toEqual(expected);
      expect(await page.locator('form input:not([name]), form input:not([id])').count()).toBe(0);
    });
  });

  it('what a password manager fills in without a key press is what is sent', async () => {
    await visit(plain, '/login', async (page) => {
      await page.locator('form').waitFor();
      await page.evaluate(`{
        const set = (name, value) => { document.querySelector('[name=' + name + ']').value = value; };
        set('email', ${JSON.stringify(tester.email)});
        set('password', ${JSON.stringify(tester.password)});
      }`);
      await button(page, 'Log in').click();
      await dashboard(page);
    });
  });
});

describe('every page of accounts, wide and narrow, light and dark', () => {
  const open = [
    ['login', '/login'],
    ['register', '/register'],
    ['forgot-password', '/forgot-password'],
    ['reset-password', '/reset-password#token=x'],
    ['reset-password-no-token', '/reset-password'],
    ['verify-no-token', '/verify-email'],
  ];
  const signedIn = [
    ['account', '/account'],
    ['security', '/account/security'],
    ['sessions', '/account/sessions'],
    ['api-keys', '/account/api-keys'],
    ['account-log', '/account/log'],
    ['admin-users', '/admin/users'],
    ['admin-invitations', '/admin/invitations'],
    ['admin-log', '/admin/log'],
  ];
  beforeAll(async () => {
    // Names as long as they may be, and without a place to break them at.
    const long = {
      name: 'W'.repeat(100),
      email: `${'w'.repeat(60)}@${'example.'.repeat(12)}com`,
      password: 'long password',
    };
    await visit(plain, '/register', async (page) => {
      await fillRegistration(page, long);
      await dashboard(page);
    });
    await visit(
      plain,
      '/account/api-keys',
      async (page) => {
        await button(page, 'New key').click();
        await page.getByLabel('Name', { exact: true }).fill('W'.repeat(100));
        await button(page, 'Make the key').click();
        await button(page, 'I have copied it').click();
      },
      { storageState: plain.session },
    );
  });

  it.each([1280, 390])('has no accessibility violation and never scrolls sideways: %i px', async (width) => {
    const found: string[] = [];
    const look = async (context: BrowserContext, pages: string[][]) => {
      for (const [name, path] of pages) {
        const page = await context.newPage();
        await page.goto(path ?? '');
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
        found.push(...(await faultsInBothThemes(page, `accounts-${name}-${width}`, { fullPage: true })));
        if (!/^.+ · blog-poster$/.test(await page.title())) found.push(`${name}: its title is ${await page.title()}`);
        await page.close();
      }
      await context.close();
    };
    const options = { baseURL: plain.url, viewport: { width, height: 900 }, reducedMotion: 'reduce' as const };
    await look(await browser.newContext(options), open);
    await look(await browser.newContext({ ...options, storageState: plain.session }), signedIn);
    expect(found).toEqual([]);
  });
});

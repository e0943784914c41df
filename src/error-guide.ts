import type { ErrorCode } from './errors.ts';

/** The parts of docs/errors.md, in their order. */
export const errorAreas = {
  requests: 'Requests',
  access: 'Signing in and access',
  limits: 'Limits and money',
  articles: 'Topics, articles and imports',
  sources: 'Sources',
  models: 'Models and search',
  images: 'Images',
  sites: 'WordPress sites and webhooks',
  mail: 'Mail',
  instance: 'The instance: settings, data, database',
  backups: 'Backups',
} as const;

/** What an error code means to whoever has met it, beyond the hint that comes with it: written into docs/errors.md. */
export interface ErrorGuide {
  area: keyof typeof errorAreas;
  /** What has happened and what has not, in one or two sentences. */
  means: string;
  /** What it usually comes from, the most frequent first. */
  causes: readonly string[];
  /** What to do, in this order. */
  steps: readonly string[];
  /** Where it is met. */
  where: string;
}

/** One for each code, in the order of the page. Written in Markdown; no text of a request, no secret. */
export const errorGuides: Readonly<Record<ErrorCode, ErrorGuide>> = {
  invalid_request: {
    area: 'requests',
    means: 'The request was understood but holds something that cannot be: nothing was done.',
    causes: ['A field is missing, has the wrong form, or is not known.', 'Two fields do not fit together.'],
    steps: [
      'Read `errors` in the answer: each entry has the `path` of a field and what is wrong with it.',
      'Compare the body with the schema of the route at `/docs` or in `openapi.json`. Unknown fields are refused, so that a slip in a name is not taken for a wish that was heard.',
    ],
    where: 'Every route that takes a body or a query; on the command line with a wrong argument (exit status 1 or 2).',
  },
  malformed_body: {
    area: 'requests',
    means: 'The body is no JSON.',
    causes: ['A comma or a quotation mark is missing.', 'A shell has changed the quotation marks of the command.'],
    steps: ['Put the body into a file, check it with `jq . body.json`, and send it with `--data @body.json`.'],
    where: 'Every route that takes JSON.',
  },
  unsupported_media_type: {
    area: 'requests',
    means: 'The body has another type than the route takes.',
    causes: [
      '`Content-Type: application/json` was not sent; `curl --data` sends a form by itself.',
      'A list of topics or a picture was sent as JSON, where the file itself is the body.',
    ],
    steps: ['Add `-H "Content-Type: application/json"`; for files the type of the file.'],
    where: 'Every route that takes a body.',
  },
  body_too_large: {
    area: 'requests',
    means: 'The body is larger than the route takes. Nothing of it was read.',
    causes: ['JSON is over 1 MB, a list of topics over 5 MB, a picture over 10 MB.'],
    steps: ['Split a long text over several sources, a long list over several files; make the picture smaller.'],
    where: 'Every route that takes a body.',
  },
  not_found: {
    area: 'requests',
    means:
      'There is nothing there, or it belongs to somebody else: the two are not told apart, so that nobody learns what others have.',
    causes: [
      'It was deleted, or has left the bin.',
      'The id is of another account, of another kind of thing, or was cut short.',
      'The path has a slip, or lacks `/api/v1`.',
    ],
    steps: [
      'Look it up in its list (`GET` on the same path without the id); what is in the bin is listed with `deleted=true`.',
      'Check whose key or session the request was sent with: `GET /api/v1/me`.',
    ],
    where: 'Every route with an id, and paths that no route has.',
  },
  conflict: {
    area: 'requests',
    means: 'Something else changed the same thing in between, or a thing of that name is there already.',
    causes: ['Two people, or a person and a worker, acted at the same moment.', 'The name or address is taken.'],
    steps: ['Read it again, look whether the change is still wanted, and send it once more.'],
    where: 'Accounts, publications, queues of sites, schedules, topics, sites, webhooks.',
  },
  stale_revision: {
    area: 'requests',
    means:
      'The article was saved by somebody else after you read it. Your text was not taken, and theirs is untouched.',
    causes: ['The article is open in two windows.', 'A program kept a revision number too long.'],
    steps: [
      'In the editor: it offers both versions side by side.',
      'By API: read the article, merge, and send the new `revision`.',
    ],
    where: '`PATCH /articles/:id`, and the decision about a conflict with a site.',
  },
  idempotency_conflict: {
    area: 'requests',
    means: 'This `Idempotency-Key` was used within a day for another request. Nothing was done.',
    causes: ['A program uses one key for several requests.', 'The body has changed between two tries.'],
    steps: ['Make a new key for every new request, and keep it only for repetitions of that one.'],
    where: 'Every `POST` that creates something.',
  },
  invalid_state: {
    area: 'requests',
    means: 'The thing is there, but not in a state in which this can be done with it.',
    causes: [
      'It has moved on since you looked: a run has ended, a publication has gone out.',
      'What it needs is not set up, such as a model for changing texts.',
    ],
    steps: ['Read its `status`; the message names the state, the hint what fits it.'],
    where: 'Runs, publications, approvals, images, two-factor log-in, sites, topics.',
  },
  internal: {
    area: 'requests',
    means: 'Something happened that nobody had thought of. What was acknowledged before is stored.',
    causes: ['A fault in blog-poster.', 'Something in front of it, such as a proxy, answered in its place.'],
    steps: [
      'Look for the `requestId` of the answer in the log: the line of level 50 has the stack. Sentry has it too.',
      'Began it with a release? [Go back](runbook.md#bad-release).',
      'Report it with that line and what you did, as [SECURITY.md](../SECURITY.md) or the issue tracker asks.',
    ],
    where: 'Anywhere. Over 1 % of the answers, the alert [errors](runbook.md#errors) tells the operator.',
  },

  unauthenticated: {
    area: 'access',
    means: 'Nobody is signed in: the request carries no session, token or key that counts.',
    causes: [
      'The access token is older than 15 minutes.',
      'The API key was revoked or has expired; the session was ended elsewhere.',
      'A proxy drops the `Authorization` header.',
    ],
    steps: [
      'Get a new access token with the refresh token (`POST /api/v1/auth/token`), or log in.',
      'Try the key with `curl -H "Authorization: Bearer $KEY" https://YOUR.HOST/api/v1/me` on the machine itself, past the proxy.',
    ],
    where: 'Every route but those of signing in.',
  },
  invalid_credentials: {
    area: 'access',
    means:
      'Address and password do not belong together. Which of the two is wrong is not said, and takes the same time to find out.',
    causes: ['A slip, or another keyboard.', 'The account has another address by now.'],
    steps: [
      'Ask for a new password on the log-in page.',
      'No mail arrives? [Mail does not arrive](runbook.md#mail).',
      'The operator finds accounts with `blog-poster user list`.',
    ],
    where: 'Logging in.',
  },
  two_factor_required: {
    area: 'access',
    means: 'The password is right, and the account also asks for a code.',
    causes: ['Two-factor log-in is on.'],
    steps: ['Send the same with `code`: six digits of the app, or a backup code.'],
    where: 'Logging in by API; the web app asks by itself.',
  },
  two_factor_invalid: {
    area: 'access',
    means: 'The code is wrong, too old, or was used already: each works once.',
    causes: ['The clock of the phone or of the server is wrong.', 'The backup code was used before.'],
    steps: [
      'Set the clock of the phone to automatic and take the next code.',
      'Without the app and without backup codes only the operator can help, in the database: `delete from two_factors` for that user, `update users set two_factor_enabled = false`. Make sure of who asks.',
    ],
    where: 'Logging in, and switching two-factor log-in on or off.',
  },
  two_factor_locked: {
    area: 'access',
    means: 'Too many wrong codes: for 15 minutes none is taken.',
    causes: ['Somebody has the password and tries codes. If that is not you, change it.'],
    steps: [
      'Wait. Then change the password, and look at *Account settings, Devices* for sessions that you do not know.',
    ],
    where: 'Logging in.',
  },
  token_invalid: {
    area: 'access',
    means: 'The refresh token was used already or has expired: each works once.',
    causes: ['Two programs share one refresh token.', 'It was not used for 30 days.', 'The session was ended.'],
    steps: ['Log in again. For programs an API key is the better thing.'],
    where: '`POST /auth/token`.',
  },
  link_invalid: {
    area: 'access',
    means: 'The link of a mail does not work any more: it was used, replaced by a later one, or its time is over.',
    causes: [
      'Links work once: for confirming three days, for a new address one day, for a new password one hour.',
      'A mail filter has opened it first.',
    ],
    steps: ['Ask for a new one, and open the newest mail.'],
    where: 'Confirming an address, setting a new password, holding an article from a mail.',
  },
  email_not_verified: {
    area: 'access',
    means: 'The account is there, but its address was never confirmed.',
    causes: ['The mail was not opened, or did not arrive.'],
    steps: [
      'Ask for another on the log-in page.',
      'It does not arrive: [Mail does not arrive](runbook.md#mail). The operator can make a confirmed account with `blog-poster user create`.',
    ],
    where: 'Logging in.',
  },
  account_disabled: {
    area: 'access',
    means: 'An admin has disabled this account. Its sessions and keys do not count, its runs wait; nothing is deleted.',
    causes: ['Spending that nobody understood, misuse, or a wish of its owner.'],
    steps: ['The admin enables it under *Admin, Users*, the operator with `blog-poster user enable`.'],
    where: 'Logging in.',
  },
  password_wrong: {
    area: 'access',
    means: 'What you are about to do asks for the present password, and this is not it.',
    causes: ['A slip; a password manager that filled in another one.'],
    steps: ['Type it. Forgotten? Log out and ask for a new one.'],
    where: 'Changing address or password, deleting the account, two-factor log-in.',
  },
  reauthentication_required: {
    area: 'access',
    means: 'What cannot be undone takes somebody who has just logged in, or the password.',
    causes: ['You logged in more than ten minutes ago.'],
    steps: ['Send the password along, or log in again.'],
    where: 'Deleting the account.',
  },
  forbidden: {
    area: 'access',
    means: 'You are known, and may not do this.',
    causes: [
      'Only an admin may, or only the command line on the machine.',
      'At a backup: the user of the database lacks a right.',
    ],
    steps: ['Ask an admin. The operator makes one with `blog-poster user create --admin`.'],
    where: 'The routes of admins, of the command line, and backups of PostgreSQL.',
  },
  insufficient_scope: {
    area: 'access',
    means: 'The API key lacks a scope: `read`, `write` or `publish`.',
    causes: ['The key was made for less.', 'The route takes a person who is signed in, whatever the key may do.'],
    steps: [
      'Make a key with the scope that the message names (*Account settings, API keys*); scopes of a key cannot be changed.',
    ],
    where: 'Requests with an API key, MCP.',
  },
  signups_closed: {
    area: 'access',
    means: 'This instance takes no new accounts.',
    causes: ['`SIGNUPS=closed`.'],
    steps: ['The operator makes accounts with `blog-poster user create`, or sets `SIGNUPS=invite`.'],
    where: 'Registering.',
  },
  invitation_required: {
    area: 'access',
    means: 'Accounts are by invitation, and this one was used, is for another address, or has expired.',
    causes: ['`SIGNUPS=invite`.', 'An invitation is good for seven days, once, for the address that it was mailed to.'],
    steps: ['Have an admin invite the address anew under *Admin, Users*.'],
    where: 'Registering.',
  },
  no_account: {
    area: 'access',
    means: 'The instance is new: there is no account that a command could act for.',
    causes: ['A command was given before the first account was made.'],
    steps: ['`blog-poster user create --email you@example.com --admin`'],
    where: 'The command line.',
  },
  cross_site_request: {
    area: 'access',
    means: 'A browser sent the request from a page of another site, with your session. It was refused.',
    causes: [
      '`APP_URL` is not the address in the browser: `www.`, another port, `http` for `https`.',
      'Another site tries to act in your name.',
    ],
    steps: [
      'Set `APP_URL` to exactly what stands in the address bar and restart. Programs use an API key, not the cookie.',
    ],
    where: 'Every request that changes something and comes with the session cookie.',
  },

  rate_limited: {
    area: 'limits',
    means: 'Too many requests within a minute. Nothing was done.',
    causes: [
      'A program without pauses.',
      'On the routes of signing in, which count by address: many people behind one, or `CLIENT_ADDRESS_HEADER` is not set behind a proxy, so that all look like one.',
    ],
    steps: [
      'Wait for `Retry-After`; `RateLimit-*` headers say what is left.',
      'The operator: `RATE_LIMIT_PER_MINUTE`, `AUTH_RATE_LIMIT_PER_MINUTE`, or more for one user with `blog-poster user limit`.',
    ],
    where: 'Every route; reading a page, a site or a watched source again within a minute.',
  },
  articles_limit_reached: {
    area: 'limits',
    means: 'All articles of this month have been begun. Those that run go on.',
    causes: [
      '`ARTICLES_PER_MONTH`, or the limit that an admin set for the account.',
      'A schedule with more times than thought.',
    ],
    steps: ['Wait for the next month in your time zone, or have an admin raise the limit (*Admin, Users*).'],
    where: 'Starting an article, schedules.',
  },
  queue_full: {
    area: 'limits',
    means: 'So much waits already that no more is taken. Nothing was started.',
    causes: [
      'A program started thousands at once.',
      'The queue does not move: no worker, a limit that is reached, a site that is away, a webhook that fails.',
    ],
    steps: [
      'Look why it does not move: *Overview*, for the operator *Admin, Status* and [queue-stuck](runbook.md#queue-stuck).',
      'Send the same again after `Retry-After`; with its `Idempotency-Key` nothing is started twice.',
    ],
    where: 'Starting articles, sending articles to a site, deliveries of webhooks.',
  },
  budget_exceeded: {
    area: 'limits',
    means:
      'The next call could cost more than is left of a budget or limit, so it was not made. Nothing is lost: the run waits and goes on from here.',
    causes: [
      'The budget of the run, the month of the user, or the month of the instance; the message says which.',
      'A dear model, or long sources.',
    ],
    steps: [
      'The run: raise its budget and continue.',
      'The user: an admin raises the month (*Admin, Users*), or `blog-poster user limit`.',
      'The instance: [Costs](runbook.md#costs) first, then `INSTANCE_MONTHLY_LIMIT_USD`.',
    ],
    where: 'Every call of a model, a search, an image; schedules.',
  },
  price_unknown: {
    area: 'limits',
    means: 'Nobody has said what this model costs, so it is refused: what is not priced cannot be capped.',
    causes: ['A new model, or one of a server of your own.'],
    steps: [
      'Set `MODEL_PRICES=provider:model=input/output` (dollars for a million tokens; `0/0` for your own server), or a price under *Admin, Spending*.',
      'Images: `IMAGE_PRICE_USD`.',
    ],
    where: 'Choosing a model, estimates, calls of models.',
  },

  duplicate_topic: {
    area: 'articles',
    means: 'The topic comes too close to one in the backlog, an article, or a post of your site. It was not added.',
    causes: ['The same subject in other words.'],
    steps: ['Look at `duplicateOf`. If a second one is wanted: `duplicates: "allow"`.'],
    where: 'Adding topics, importing lists.',
  },
  duplicate: {
    area: 'articles',
    means: 'The run stopped before anything was paid: the article would come too close to one that is there.',
    causes: ['The topic was written about before, here or on the site.'],
    steps: ['Open the article that is named. *Continue* writes a second one; else cancel the run.'],
    where: 'The step *topic* of a run.',
  },
  no_topic: {
    area: 'articles',
    means: 'The time of a schedule came and its backlog was empty, so no article was started.',
    causes: ['All topics are used.', 'What is left is only proposed: a person has to accept it.'],
    steps: ['Add topics, or accept proposals. The next time takes the first one; the missed one is not made up for.'],
    where: 'Schedules; their owner is mailed.',
  },
  already_published: {
    area: 'articles',
    means: 'The article of this run went to a site already, so the run cannot be redone under it.',
    causes: ['*Redo* on a run whose article is published.'],
    steps: ['Edit the article and update the post, or start a new article.'],
    where: 'Redoing a run.',
  },
  step_output_unreadable: {
    area: 'articles',
    means: 'What an earlier step has recorded does not fit this version of the program. It is not guessed at.',
    causes: ['A release between the start of the run and now.', 'A release was taken back.'],
    steps: ['Redo the run from the step that the message names: only that step and later ones are paid again.'],
    where: 'Resuming and retrying a run.',
  },
  lease_lost: {
    area: 'articles',
    means: 'Another worker has taken the work over, or it was cancelled. This one stopped without writing anything.',
    causes: ['The process stood still for longer than its lease: memory, processor, a database that did not answer.'],
    steps: ['Nothing. If it happens often: [A worker that hangs](runbook.md#worker-hangs).'],
    where: 'The log of workers; rarely seen by users.',
  },
  import_unreadable: {
    area: 'articles',
    means:
      'The file, or one document of it, is no article as it is expected; or the zip is no whole archive of an account. Articles that were read before it stay; of an archive nothing was taken.',
    causes: [
      'JSON that was cut short or changed by hand.',
      'A download of an archive that broke off, an archive that was changed, or one of a newer release.',
      'Front matter that is no YAML.',
      'A list in a strange encoding.',
    ],
    steps: ['Correct the place that is named and import the same file again: nothing is taken twice.'],
    where: 'Importing articles, lists of topics and archives of accounts.',
  },

  no_sources: {
    area: 'sources',
    means: 'There is nothing to write from, and nothing is made up: the run failed before the text was written.',
    causes: [
      'No source was given and no search provider is set up.',
      'The search found nothing that can be read and fits.',
      'Every source that was given failed; the message names why.',
    ],
    steps: [
      'Add a page, a file or pasted text and retry.',
      'The operator: `SEARCH_URL`, `BRAVE_API_KEY` or `TAVILY_API_KEY`; `blog-poster doctor` tries them.',
    ],
    where: 'The step *research* of a run.',
  },
  fetch_blocked: {
    area: 'sources',
    means: 'The address was not asked, on purpose.',
    causes: [
      'It leads into a private network, to this machine, or to a port of another protocol.',
      'The rules of the site (robots.txt) forbid it.',
    ],
    steps: [
      'Take another page, or paste the text if you may use it.',
      'A server of your own in the private network: the operator lists it in `ALLOW_PRIVATE_HOSTS`, as narrowly as it can be.',
    ],
    where: 'Sources, sites, webhooks, images, watched sources, previews.',
  },
  fetch_failed: {
    area: 'sources',
    means: 'The page could not be had.',
    causes: [
      'The name does not resolve, nothing answers, or the certificate is not valid.',
      'The page answers 4xx or 5xx, or asks for a log-in or a payment.',
    ],
    steps: [
      'Open it in a browser without being logged in. What only you may see, paste as text.',
      'Every page fails? See the network and the name server of the machine.',
    ],
    where: 'Sources, watched sources, previews.',
  },
  fetch_too_large: {
    area: 'sources',
    means: 'The page or file is larger than what is read. It was cut off and nothing of it is kept.',
    causes: ['A long PDF, a page with its pictures inside.'],
    steps: ['Use a smaller page, or paste the part that matters.'],
    where: 'Sources, sites that answer without end.',
  },
  extraction_failed: {
    area: 'sources',
    means: 'The page was had, but no text that could be cited was found in it.',
    causes: [
      'It is built by scripts in the browser, or shows a consent wall.',
      'A PDF of scanned pictures, or one that is locked.',
      'It is built so that reading it takes too long: it was stopped.',
    ],
    steps: ['Paste the text as a source.'],
    where: 'Sources, watched sources.',
  },
  source_in_use: {
    area: 'sources',
    means: 'The source is the proof of what articles say, so it stays.',
    causes: ['An article cites it, also one in the bin.', 'A run works with it right now.'],
    steps: ['Delete the articles that are named, if that is meant; 30 days later the source can go.'],
    where: 'Deleting a stored source.',
  },

  model_unknown: {
    area: 'models',
    means: 'The name is no model that can be asked here.',
    causes: ['A slip in `provider:model`.', 'The key of that provider is not set.'],
    steps: [
      '`GET /api/v1/models` lists what can be asked. The operator sets `LLM_MODEL` and the key; `blog-poster doctor` tries it.',
    ],
    where: 'Choosing a model, starting an article.',
  },
  model_rejected: {
    area: 'models',
    means: 'The provider refused the request and would refuse it again.',
    causes: [
      'The key is wrong, was revoked, or may not use this model.',
      'The account has no credit.',
      'The model was taken out of service.',
    ],
    steps: [
      'Look at the account of the provider: credit, keys, models.',
      '`blog-poster doctor` asks each model of the chain once.',
      'Several models in `LLM_MODEL` step in for each other.',
    ],
    where: 'The steps of a run, changing texts, images.',
  },
  model_refused: {
    area: 'models',
    means: 'The model declined to write about this.',
    causes: ['The policy of the provider.', 'A source that holds instructions or offensive text.'],
    steps: ['Put the topic in other words, take out the source, or choose another model; retry.'],
    where: 'The steps of a run, images.',
  },
  model_unavailable: {
    area: 'models',
    means: 'The provider is busy, down, or did not answer in time. The run waits and tries again by itself.',
    causes: ['Too many requests for the plan of the key (429).', 'An outage of the provider.'],
    steps: [
      'Look at the status page of the provider.',
      'Often: ask for a higher plan, or put a second model behind it in `LLM_MODEL`.',
    ],
    where: 'The steps of a run, changing texts, images.',
  },
  model_output_invalid: {
    area: 'models',
    means: 'The model answered twice with something that cannot be used. What was paid is in the receipt.',
    causes: [
      'A small model that cannot keep to a structure.',
      'A draft of which no claim held up against the sources.',
    ],
    steps: ['Retry the step. Again? Choose a larger model, or sources that say more about the topic.'],
    where: 'The steps of a run, changing texts, images.',
  },
  search_unavailable: {
    area: 'models',
    means: 'The search provider is busy or down. The run waits and tries again by itself.',
    causes: ['Too many requests (429).', 'SearXNG that is not running, or whose engines block it.'],
    steps: ['`blog-poster doctor` asks each provider. Set up a second one: the next is asked when one cannot answer.'],
    where: 'The step *research*.',
  },
  search_rejected: {
    area: 'models',
    means: 'The search provider refuses the requests of this instance.',
    causes: ['The key is wrong, or the plan is used up.', 'SearXNG without `json` among its `search.formats`.'],
    steps: ['Correct the key or the settings of SearXNG, then `blog-poster doctor`.'],
    where: 'The step *research*.',
  },

  image_refused: {
    area: 'images',
    means: 'The file is no picture that is taken.',
    causes: [
      'Another format than PNG, JPEG, WebP or GIF, whatever its name says.',
      'Too many pixels, or a damaged file.',
    ],
    steps: ['Open it, save it anew as JPEG or PNG, and send that.'],
    where: 'Uploading images.',
  },
  images_full: {
    area: 'images',
    means: 'The images of the account take all of the 500 MB that there are for them.',
    causes: ['Many large pictures. What is in the bin does not count: it gives way.'],
    steps: ['Delete images that no article shows.'],
    where: 'Uploading, generating and drawing images.',
  },
  image_in_use: {
    area: 'images',
    means: 'Articles show this image, so it was not deleted.',
    causes: ['It stands in a text, or is a featured image; also of an article in the bin.'],
    steps: ['Take it out of the articles that are named; `?force=true` deletes it all the same.'],
    where: 'Deleting images.',
  },

  site_unreachable: {
    area: 'sites',
    means:
      'The WordPress site does not answer, or answers with an error of its own. The publication is tried again by itself.',
    causes: [
      'The site is down, slow, or in maintenance.',
      'A firewall in front of it drops requests of this machine.',
      'It asks for peace (429, `Retry-After`).',
    ],
    steps: [
      'Open the site in a browser, then run its check (*Sites, Check*; `blog-poster site check`).',
      'It opens for you and not from the machine: [WordPress blocks us](runbook.md#wordpress-blocks).',
    ],
    where: 'Publishing, the check of a site, reading its posts.',
  },
  site_rejected: {
    area: 'sites',
    means: 'The site answers and refuses. Trying again would not help, so it is not tried.',
    causes: [
      'The Application Password was revoked, or its user may not publish.',
      'A security plugin has switched off Application Passwords or the REST API.',
      'A proxy drops the `Authorization` header.',
    ],
    steps: ['Run the check of the site: it names the cause and the mend. Then retry the publication.'],
    where: 'Connecting a site, publishing, reading its posts.',
  },
  webhook_not_accepted: {
    area: 'sites',
    means: 'The receiver of a webhook did not answer 2xx within ten seconds. It is tried again for about a day.',
    causes: [
      'The receiver has an error, or does its work before it answers.',
      'It rejects the signature: the secret was replaced.',
    ],
    steps: [
      'Answer first, work afterwards. *Account settings, Webhooks* shows each delivery with what was answered.',
      'Mended: redrive the deliveries there, or `blog-poster failure redrive`.',
    ],
    where: 'Deliveries of webhooks. After three days of failures the webhook is switched off and its owner mailed.',
  },

  mail_unavailable: {
    area: 'mail',
    means: 'The mail server is busy or down. The mail is sent by itself when it answers, within three days.',
    causes: ['An outage.', 'A firewall that blocks outgoing port 25, 465 or 587, as many clouds do.'],
    steps: ['`blog-poster doctor` connects and logs in. See [Mail does not arrive](runbook.md#mail).'],
    where: 'Every mail; *Admin, Mails* lists them.',
  },
  mail_misconfigured: {
    area: 'mail',
    means: 'The mail server refuses this instance, not this mail. Mails wait until that is mended.',
    causes: [
      'User, password or key are wrong.',
      'The sender of `MAIL_FROM` is not allowed there.',
      'No mail is configured.',
    ],
    steps: ['Correct the setting that is named, restart, and run `blog-poster doctor`. What waits is sent then.'],
    where: 'Every mail; `/health` says `email: down`.',
  },
  mail_refused: {
    area: 'mail',
    means: 'The mail server refused this one mail for good.',
    causes: ['The address does not exist, or its mailbox is full.', 'The content was taken for spam.'],
    steps: [
      'The words of the server are with the mail in *Admin, Mails*. Correct the address of the account; send it again there.',
    ],
    where: 'Single mails.',
  },

  config_invalid: {
    area: 'instance',
    means: 'An environment variable has a value that cannot be. The program did not start.',
    causes: ['A slip; a value with quotation marks that the platform passes on.'],
    steps: [
      'The output has one line for each mistake: the name, what is wrong, an example. Correct them all and start again.',
    ],
    where: 'The start of the server and of every command.',
  },
  secret_unreadable: {
    area: 'instance',
    means: 'Something was encrypted under another `APP_SECRET`, and cannot be read under the present one.',
    causes: [
      '`APP_SECRET` was changed without carrying the data over.',
      'A backup of an instance with another secret was restored.',
      'The file `DATA_DIR/app-secret` was lost.',
    ],
    steps: ['[Lost APP_SECRET](runbook.md#lost-secret).'],
    where: 'Sites, own keys, webhooks, two-factor log-in, mails that wait.',
  },
  data_in_use: {
    area: 'instance',
    means: 'Another process has the data open. Two at once would damage it, so this one did not start.',
    causes: [
      'A server is running on the same `DATA_DIR`.',
      'A server or worker is connected while a restore or a change of the secret wants the database for itself.',
    ],
    steps: ['The message has the number of the process. Stop that one, or set another `DATA_DIR`.'],
    where: 'Starting; `backup restore`, `doctor --rotate-secret`, `move`.',
  },
  data_unusable: {
    area: 'instance',
    means: 'The data directory or the database is not as it has to be. Nothing was changed.',
    causes: [
      'Rights of the folder, a damaged file, a newer version of the program that wrote it.',
      'pgvector is missing in PostgreSQL.',
    ],
    steps: ['The message names the file or the extension. [Database trouble](runbook.md#database).'],
    where: 'Starting, `migrate`.',
  },
  storage_full: {
    area: 'instance',
    means: 'A disk is full. What was acknowledged is stored; what came after was not taken.',
    causes: ['The disk of the database, of `DATA_DIR`, or of the backups.'],
    steps: ['[Full disk](runbook.md#disk).'],
    where: 'Anything that writes; backups.',
  },
  database_unavailable: {
    area: 'instance',
    means: 'The database does not answer, or takes no writes. Nothing is lost; work goes on by itself.',
    causes: [
      'It restarts, is down, or cannot be reached.',
      'Its connections are used up.',
      'It is read-only after a failover.',
    ],
    steps: ['[Database trouble](runbook.md#database).'],
    where: 'Everything; `/health` says `database: down`.',
  },
  shutting_down: {
    area: 'instance',
    means: 'The server is stopping or restarting. Work goes on after the start.',
    causes: ['A release, a restart by the platform.'],
    steps: ['Try again in a few seconds.'],
    where: 'Requests in the moments before a stop, backups, the command line.',
  },

  backup_running: {
    area: 'backups',
    means: 'A backup, a proof or a restore of this database is under way; a second one would only make both slow.',
    causes: ['The daily one, or another admin.'],
    steps: ['Wait; *Admin, Backups* and `blog-poster backup list` show it.'],
    where: 'Backups.',
  },
  backup_storage_unavailable: {
    area: 'backups',
    means: 'The bucket or folder of the backups does not answer.',
    causes: ['The storage is down, or the network to it.', 'A disk that is not mounted.'],
    steps: ['`blog-poster backup list` tries it. The daily backup is tried again three times by itself.'],
    where: 'Backups.',
  },
  backup_storage_rejected: {
    area: 'backups',
    means: 'The storage refuses access.',
    causes: [
      'The key is wrong, or may not list, read, write and delete.',
      'The bucket does not exist, or the region is another.',
      'The folder is not writable.',
    ],
    steps: ['Correct `S3_*` or `BACKUP_DIR`, then `blog-poster backup create`.'],
    where: 'Backups.',
  },
  backup_damaged: {
    area: 'backups',
    means: 'The backup is not what was written: a length, a checksum or a count does not fit. Nothing was changed.',
    causes: ['An upload that was cut off by other means, a failing disk, somebody who edited it.'],
    steps: [
      'Take another one: `blog-poster backup list` shows which were verified.',
      'Find out what happened to this one before the next is needed.',
    ],
    where: 'Verifying and restoring.',
  },
  backup_unreadable: {
    area: 'backups',
    means: 'The backup is encrypted for a key that is not at hand.',
    causes: ['`BACKUP_AGE_IDENTITY` is not set, or belongs to another recipient.'],
    steps: ['Fetch the private key from where it is kept and set it, for this command alone if you like.'],
    where: 'Verifying and restoring.',
  },
  backup_tools_missing: {
    area: 'backups',
    means: 'The programs of PostgreSQL are missing or older than the server.',
    causes: ['`postgresql-client` is not installed.', 'The server was upgraded and the client was not.'],
    steps: ['Install the version that the message names; the image of blog-poster has it.'],
    where: 'Backups of PostgreSQL.',
  },
  database_not_empty: {
    area: 'backups',
    means: 'The database has accounts or articles, and a restore would replace them. Nothing was changed.',
    causes: ['The restore was pointed at the present database, as it usually is.'],
    steps: [
      'If that is meant, name it: `blog-poster backup restore ID --into-nonempty NAME`. The message has the name.',
    ],
    where: '`backup restore`, `move`.',
  },
};

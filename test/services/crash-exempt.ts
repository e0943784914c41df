/** The rooms whose code works pipelines. */
export const rooms = ['pipeline', 'budget', 'llm', 'web-search', 'articles', 'knowledge'] as const;

/** Whether a place is meant: by its file, a function of it, itself, or its beginning with an ellipsis. */
export const isOf = (site: string, of: string) =>
  site === of ||
  (of.endsWith('…') ? site.startsWith(of.slice(0, -1)) : [' ›', ':', '.'].some((end) => site.startsWith(of + end)));

const request = 'answers a request of a person; no run comes by it';
const ownProcess =
  'runs in the process for strangers’ bytes or the thread for meaning, which hold no money and no lease';
const start = 'at the start and end of a process, before and after it works';
const alone = 'only while other calls of the same account are under way';
const keyTaken = 'a user takes their key away between two statements: provider-keys.test.ts';

/**
 * Places that no worker of a pipeline comes by, or not in a run that one can play, and why. Each has to stay untouched,
 * but for those that a slow machine comes by (`sometimes`).
 */
export const exempt: readonly { of: string; why: string; sometimes?: boolean }[] = [
  ...[
    'src/articles/adopt-offers.ts',
    'src/articles/assess.ts',
    'src/articles/present.ts',
    'src/articles/restore-revision.ts',
    'src/articles/routes.ts',
    'src/articles/stale-fields.ts',
    'src/articles/articles.ts › deleteArticle',
    'src/articles/articles.ts › editArticleIn',
    'src/articles/articles.ts › restoreArticle',
    'src/articles/queries.ts › assertOwnImage',
    'src/articles/queries.ts › bringBackImages',
    'src/articles/queries.ts › getRevision',
    'src/articles/queries.ts › listArticleDeadLinks',
    'src/articles/queries.ts › listFeaturedImages',
    'src/budget/admin-routes.ts',
    'src/budget/check-counters.ts',
    'src/budget/price-list.ts',
    'src/budget/price-overrides.ts › assertMeant',
    'src/budget/price-overrides.ts › knownModels',
    'src/budget/price-overrides.ts › removePrices',
    'src/budget/price-overrides.ts › setPrices',
    'src/budget/price-routes.ts',
    'src/budget/spending.ts › instanceSpending',
    'src/budget/top.ts',
    'src/budget/usage-csv.ts',
    'src/budget/usage-limits.ts',
    'src/budget/usage-routes.ts',
    'src/budget/usage.ts',
    'src/llm/check-key.ts',
    'src/llm/models.ts › createModels.checkKey',
    'src/pipeline/7-publish/holds.ts › findHold',
    'src/pipeline/approval-routes.ts',
    'src/pipeline/commands.ts › prioritizePipeline',
    'src/pipeline/hold-routes.ts',
    'src/pipeline/present.ts',
    'src/pipeline/queries.ts › getPipeline',
    'src/pipeline/receipt.ts',
    'src/pipeline/routes.ts',
    'src/pipeline/stream.ts',
    'src/web-search/brave.ts › createBrave.check',
    'src/web-search/check-key.ts',
    'src/web-search/searxng.ts › createSearxng.check',
    'src/web-search/tavily.ts › createTavily.check',
  ].map((of) => ({ of, why: request })),
  ...['src/knowledge/embedding-worker.ts', 'src/knowledge/read-pdf.ts', 'src/knowledge/read-source.ts'].map((of) => ({
    of,
    why: ownProcess,
  })),
  ...[
    'src/pipeline/event-bus.ts › createEventBus',
    'src/pipeline/worker.ts › forgetLeases',
    'src/pipeline/worker.ts › workPipelines: await forgetLeases(ctx.db)',
  ].map((of) => ({ of, why: start })),
  ...[
    'src/budget/turn.ts',
    'src/budget/ledger.ts › reserve: await wait.onWait(refusal)',
    'src/budget/ledger.ts › reserve: await wait.pause(pauseMs)',
  ].map((of) => ({ of, why: alone, sometimes: true })),
  ...[
    'src/llm/ask.ts › attempt: await release(ctx.db, callId, error)',
    'src/web-search/ask-search.ts › attempt: await release(ctx.db, callId, toStoredError(error))',
  ].map((of) => ({ of, why: keyTaken })),
  ...[
    'src/llm/image-models.ts',
    'src/llm/models.ts › createModels.resolveImage',
    'src/llm/models.ts › createModels.withKeys.resolveImage',
    'src/budget/ledger.ts › findUsersAnswer',
    'src/budget/ledger.ts › dropAnswer',
  ].map((of) => ({ of, why: 'images belong to no pipeline' })),
  ...[
    "src/llm/models.ts › make: await import('./providers/anthropic.ts')",
    "src/llm/models.ts › make: await import('./providers/google.ts')",
  ].map((of) => ({ of, why: 'as for OpenAI, whose models the test asks' })),
  ...[
    'src/pipeline/runner.ts › keepLease.assure',
    'src/llm/ask.ts › attempt: await release(ctx.db, callId, toStoredError(error))',
  ].map((of) => ({
    of,
    why: 'only in a process that stood still: frozen.test.ts',
    sometimes: true,
  })),
  ...[
    'src/web-search/brave.ts › createBrave.ask: await args.wait(early, signal)',
    'src/web-search/web-search.ts › waitFor',
  ].map((of) => ({
    of,
    why: 'a second of waiting for a provider’s pace, before the request that is tried',
    sometimes: true,
  })),
  {
    of: 'src/pipeline/2-research/step.ts › run: await context.log(`Nothing was searched for.…',
    why: 'an instance without any search provider says so, once',
  },
  {
    of: 'src/knowledge/site-entries.ts › findEntries: await feedsOf(gathering, site)',
    why: 'the same call as the one beside it, for a site without sitemaps',
  },
  ...[
    'src/llm/ask.ts › ofOwnKey: await noteRefusal(ctx.db, ownKey, failure.trouble)',
    'src/web-search/ask-search.ts › ofOwnKey',
  ].map((of) => ({ of, why: 'a mark on a key that its provider refuses, written anew at the next refusal' })),
  ...[
    'src/pipeline/estimate-brief.ts › estimateFor.ofTable',
    'src/pipeline/estimate-brief.ts › estimateFor: await growthOf(ofTable, past, words)',
    'src/pipeline/estimate-brief.ts › growthOf',
  ].map((of) => ({ of, why: 'read before anything is begun, for accounts with three articles of a kind' })),
  ...['ctx.db.transaction(…', 'readInstance(ctx, tx, at)', 'tx…', 'mailInstanceWarning(…'].map((of) => ({
    of: `src/budget/warnings.ts › warnOfInstance: await ${of}`,
    why: 'a limit of the whole instance, of which its admins are told: warnings.test.ts',
  })),
  {
    of: 'src/llm/offline/answer.ts › rewrite',
    why: 'the offline writer writes nothing that its sources do not say',
  },
  { of: 'src/articles/articles.ts › emptyBin', why: 'clears the bin once a day' },
  {
    of: "src/pipeline/runner.ts › walkUnderLease: await stop(ctx, pipeline, { kind: 'failed', error })",
    why: 'ends what has worn out ten workers; the rig sets their count back',
  },
  { of: 'src/pipeline/runner.ts › runPipeline', why: 'as runNext, for tests that name the pipeline' },
  ...[
    'src/pipeline/turn.ts › awaitSilent: await ctx.queue.enqueue(…',
    'src/pipeline/1-topic/duplicates.ts › breaks: await nextTurn()',
  ].map((of) => ({
    of,
    why: 'only saves time: a sweep finds what has lost its job, and a thread that was held goes on',
    sometimes: true,
  })),
  ...[
    'src/pipeline/queue-room.ts › queueFull',
    'src/pipeline/queue-room.ts › reserveRoom: await queueFull(…',
    'src/pipeline/queue-room.ts › reserveRoom: await countQueued(tx, all) #2',
    'src/pipeline/queue-room.ts › reserveRoom: await tx.execute(…',
  ].map((of) => ({
    of,
    why: 'a queue that is full or nearly full accepts nothing, or one at a time: queue-room.test.ts',
  })),
  ...[
    'src/pipeline/schedule-spending.ts › scheduleMonthOf: await paidInMonth(…',
    'src/pipeline/schedule-spending.ts › sumOfCalls',
  ].map((of) => ({ of, why: 'read for articles of a schedule with a budget of its own: autopilot.test.ts' })),
  {
    of: 'src/knowledge/store.ts › bringBack',
    why: 'one statement, for a source that its user had put into the bin: documents.test.ts',
  },
  {
    of: 'src/knowledge/fetch-page.ts › fetchIfChanged',
    why: 'for watched sources, which belong to no pipeline',
  },
  {
    of: "src/pipeline/commands.ts › insertPipeline: await recordEvent(tx, row, 'log', { message })",
    why: 'tells of a wait for money in the transaction that accepts: budget-waits.test.ts',
  },
  {
    of: 'src/articles/articles.ts › takePlace: await tx…',
    why: 'an automatic save of a person who writes, in its transaction: autosave.test.ts',
  },
  {
    of: 'src/articles/articles.ts › readForGood: await read() #2',
    why: 'reads anew where an automatic save has come between; nothing was done by then',
  },
];

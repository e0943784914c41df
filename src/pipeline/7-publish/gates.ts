import { getWorkLimits } from '../../accounts/work-limits.ts';
import type { GateFigures } from '../../approvals/gate-figures.ts';
import type { Article } from '../../articles/schema.ts';
import { dollars } from '../../budget/ledger.ts';
import { spendingOf } from '../../budget/spending.ts';
import type { AppContext } from '../../context.ts';
import type { Brief } from '../brief.ts';
import { scheduleMonthOf } from '../schedule-spending.ts';
import { findDoubts } from './unchecked.ts';

/** Below this an article does not go public without a person: about half of the checks that apply have failed then. */
export const defaultMinSeoScore = 60;

/** Whether an article may go public without a person. */
export interface Gates {
  /** What stands against it, each with what to do. */
  against: { message: string; hint: string }[];
  /** What speaks for it, in words. */
  passed: string;
  figures: GateFigures;
}

/**
 * Looks at the gates of automatic approval: no unsupported or contradicted claim is left in the text and nothing
 * that a person has stated there without a source, the SEO score is not
 * below the floor, and neither the user's month nor that of the schedule is used up. They are looked at when the hold
 * begins and again when it ends, and the figures are kept with the approval.
 */
export async function checkGates(
  ctx: Pick<AppContext, 'db' | 'config' | 'now'>,
  article: Article,
  pipelineId: string,
  brief: Pick<Brief, 'holdHours' | 'minSeoScore'>,
): Promise<Gates> {
  const { db } = ctx;
  const doubts = await findDoubts(db, article);
  const limits = await getWorkLimits(db, ctx.config, article.userId);
  const { instance, user } = await spendingOf(db, article.userId, limits.month.name);
  const figures: GateFigures = {
    ...doubts,
    seoScore: article.seo?.score ?? null,
    minSeoScore: brief.minSeoScore ?? defaultMinSeoScore,
    holdHours: brief.holdHours,
    month: { spentMicroUsd: instance.settledMicroUsd, limitMicroUsd: limits.monthlyLimitMicroUsd },
    ownMonth:
      limits.ownMonthlyLimitMicroUsd === null
        ? null
        : { spentMicroUsd: user.settledMicroUsd, limitMicroUsd: limits.ownMonthlyLimitMicroUsd },
    scheduleMonth: await scheduleMonthOf(db, pipelineId, ctx.now()),
  };
  const { seoScore, minSeoScore } = figures;
  return {
    against: reasonsAgainst(figures),
    passed: `no unsupported claim, SEO score ${seoScore} (floor ${minSeoScore}), budget left`,
    figures,
  };
}

/** What of the figures stands against going public without a person, each with what to do. */
export function reasonsAgainst({
  doubtfulClaims,
  uncheckedSentences = 0,
  seoScore,
  minSeoScore,
  ...months
}: GateFigures): Gates['against'] {
  const found: Gates['against'] = [];
  if (doubtfulClaims > 0) {
    const what = doubtfulClaims === 1 ? '1 claim in it is' : `${doubtfulClaims} claims in it are`;
    found.push({
      message: `${what} not supported by a source`,
      hint: 'Look at the marked claims of the article, and correct or remove them.',
    });
  }
  if (uncheckedSentences > 0) {
    const what = uncheckedSentences === 1 ? '1 sentence of it was' : `${uncheckedSentences} sentences of it were`;
    found.push({
      message: `${what} written by hand and held against no source`,
      hint: 'Look at the sentences that you have changed.',
    });
  }
  if (seoScore === null || seoScore < minSeoScore) {
    const what = seoScore === null ? 'is not known' : `is ${seoScore}, below the floor of ${minSeoScore}`;
    found.push({ message: `its SEO score ${what}`, hint: 'The SEO checks of the article say what to mend.' });
  }
  const used = (month: GateFigures['month'] | null, whose: string, hint: string) => {
    // A limit of nothing stops nobody who has spent nothing: the offline writer is free.
    if (!month || month.spentMicroUsd === 0 || month.spentMicroUsd < month.limitMicroUsd) return;
    const amounts = `${dollars(month.spentMicroUsd)} of ${dollars(month.limitMicroUsd)}`;
    found.push({ message: `${whose} is used up (${amounts})`, hint });
  };
  used(months.month, 'your limit for the month', 'An admin of this instance can raise your limit.');
  used(months.ownMonth, 'your limit for your own keys', 'Raise the limit of your own keys.');
  used(months.scheduleMonth, 'the monthly budget of its schedule', 'Raise the monthly budget of the schedule.');
  return found;
}

/** Why an article that was to go public by itself waits for a person, and what they can do. */
export function explainGates({ against }: Pick<Gates, 'against'>): string {
  const reasons = against.map(({ message }) => message).join('; ');
  return `It does not go public by itself: ${reasons}. ${against.map(({ hint }) => hint).join(' ')} Then approve it, or approve it as it is.`;
}

export const FindGaps = (_: { siteId: string | undefined }) => null;

/** Brings a day, or in a list the next one that has something, into sight. */
export function toDay(day: string): void {
  const days = [...document.querySelectorAll<HTMLElement>('[data-day]')];
  days.find(({ dataset }) => (dataset.day ?? '') >= day)?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
}

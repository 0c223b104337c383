/** A moment for people, anywhere: "January 1, 2030 at 14:05 UTC". */
export function humanTime(moment: Date, locale = 'en'): string {
  const format = new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    hourCycle: 'h23',
    timeZone: 'UTC',
  });
  return `${format.format(moment)} UTC`;
}

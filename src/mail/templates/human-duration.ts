const UNITS = [
  { unit: 'day', size: 86_400, least: 2 },
  { unit: 'hour', size: 3600, least: 1 },
  { unit: 'minute', size: 60, least: 1 },
  { unit: 'second', size: 1, least: 0 },
] as const;

/**
 * A length of time for people: "1 hour", "24 hours", "3 days", "90 minutes". Rounded down where
 * it is not a whole number, so that a link is never said to live longer than it does.
 */
export function humanDuration(seconds: number, locale = 'en'): string {
  const whole = Math.floor(seconds);
  // From ten on, what rounding loses is small; below, only a whole number will do.
  const fits = ({ size, least }: (typeof UNITS)[number]): boolean =>
    whole >= 10 * size || (whole % size === 0 && whole >= least * size);
  const { unit, size } = UNITS.find(fits)!;
  const format = new Intl.NumberFormat(languageOf(locale), {
    style: 'unit',
    unit,
    unitDisplay: 'long',
  });
  return format.format(Math.floor(whole / size));
}

/** English for what only looks like a language tag, such as `en-0`: a mail must not fail for it. */
function languageOf(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}

/**
 * RFC 3339 §5.6, with a time zone. No year 0, which Postgres has not, and no leap second, which
 * JavaScript has not.
 */
const INSTANT =
  /^(?!0000)(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** As Postgres writes times where microseconds must not be lost. */
const EXACT_INSTANT = /^([1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d{3}Z$/;

/**
 * The time that a text names, cut to milliseconds; null if it names none, or one whose year in UTC
 * has not four digits.
 */
export function parseInstant(text: string): Date | null {
  const day = INSTANT.exec(text.toUpperCase())?.[1];
  if (!day) return null;
  const midnight = new Date(`${day}T00:00:00Z`);
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  const instant = new Date(text.toUpperCase());
  return isDay && hasPlainYear(instant) ? instant : null;
}

/**
 * Whether it is a time, and in UTC of a year up to 9999, from where its zone can move it: JavaScript
 * writes the next one +010000, which neither RFC 3339 nor Postgres has.
 */
export function hasPlainYear(time: Date): boolean {
  const year = time.getUTCFullYear();
  return year >= 0 && year <= 9999;
}

/**
 * Whether a text is a time in UTC with microseconds, of a year from 1000 on: what a cursor holds, and
 * all that Postgres may be given of one, since anybody can write it.
 */
export function isInstant(text: string): boolean {
  const milliseconds = `${EXACT_INSTANT.exec(text)?.[1]}Z`;
  const time = new Date(milliseconds);
  return !Number.isNaN(time.getTime()) && time.toISOString() === milliseconds;
}

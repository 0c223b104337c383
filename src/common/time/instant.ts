/**
 * RFC 3339 §5.6, with a time zone. No year 0, which Postgres has not, and no leap second, which
 * JavaScript has not.
 */
const INSTANT =
  /^(?!0000)(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The time that a text names, cut to milliseconds; null if it names none. */
export function parseInstant(text: string): Date | null {
  const day = INSTANT.exec(text.toUpperCase())?.[1];
  if (!day) return null;
  const midnight = new Date(`${day}T00:00:00Z`);
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
  return isDay ? new Date(text.toUpperCase()) : null;
}

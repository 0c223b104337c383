import { hasPlainYear } from '../../common/time/instant';

const MOMENT =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(?<zone>Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * A moment as JSON, Python and Postgres write it; null for anything else. Without a zone it is in
 * UTC, which is what Python's `utcnow` means; beyond milliseconds it is cut, and
 * beyond the year 9999 there is none.
 */
export function parseMoment(text: string): Date | null {
  const { day, time = '00:00', zone = 'Z' } = MOMENT.exec(text)?.groups ?? {};
  if (!day || !isDay(day)) return null;
  const date = new Date(`${day}T${time}${zoneOf(zone)}`);
  return hasPlainYear(date) ? date : null;
}

/** `+02` and `+0200` are what Postgres and Python write, and Date does not read. */
function zoneOf(zone: string): string {
  if (/^z$/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** Date takes the 30th of February for a day in March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

import * as fc from 'fast-check';
import { anyText, forAll, mutated } from '../../../test/support/fuzz';
import { isInstant, parseInstant } from './instant';

const time = fc.date({
  min: new Date('0001-01-01T00:00:00.000Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});
const iso = time.map((date) => date.toISOString());
const two = (most: number) => fc.nat(most).map((number) => String(number).padStart(2, '0'));
/** Of the shape of one, and hardly ever a time. */
const shaped = fc
  .tuple(fc.stringMatching(/^[0-9]{4}$/), two(13), two(32), two(25), two(61), two(61), two(25))
  .map(([y, m, d, h, min, s, zone]) => `${y}-${m}-${d}T${h}:${min}:${s}+${zone}:00`);

/** Where a zone leads out of the years that there are. */
const edge = fc
  .tuple(fc.constantFrom('0001-01-01T00', '9999-12-31T23'), fc.constantFrom('+', '-'), two(23))
  .map(([hour, sign, zone]) => `${hour}:30:00${sign}${zone}:00`);

it('a time survives being written, in any case and zone, to the millisecond', () => {
  const zone = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
  forAll([time, zone, fc.boolean()], (date, minutes, isLower) => {
    const local = new Date(date.getTime() + minutes * 60_000);
    fc.pre(local.getUTCFullYear() >= 1 && local.getUTCFullYear() <= 9999);
    const clock = new Date(Math.abs(minutes) * 60_000).toISOString().slice(11, 16);
    const text = `${local.toISOString().slice(0, -1)}${minutes < 0 ? '-' : '+'}${clock}`;
    expect(parseInstant(isLower ? text.toLowerCase() : text)).toEqual(date);
  });
});

it('any text is null or a time of the year 0 to 9999, written with all of day, time and zone', () => {
  forAll([fc.oneof(anyText(), iso, mutated(iso), shaped, mutated(shaped), edge)], (text) => {
    const found = parseInstant(text);
    if (found === null) return;
    expect(found.toISOString()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i);
    expect(found.getTime()).toBe(Date.parse(text.toUpperCase()));
  });
});

it('a day that the calendar has not is never another day', () => {
  forAll([shaped], (text) => {
    const local = text.replace(/[+]\d\d:00$/, 'Z');
    const found = parseInstant(local);
    expect(found?.toISOString().slice(0, 19) ?? local.slice(0, 19)).toBe(local.slice(0, 19));
  });
});

it('an exact instant is a time to the letter, with microseconds and in UTC', () => {
  const exact = fc.tuple(iso, fc.stringMatching(/^[0-9]{3}$/)).map(([text, micros]) => {
    return `${text.slice(0, -1)}${micros}Z`;
  });
  const never = shaped.map((text) => text.replace(/[+]\d\d:00$/, '.000000Z'));
  forAll([fc.oneof(exact, mutated(exact), anyText(), never)], (text) => {
    const milliseconds = `${text.slice(0, -4)}Z`;
    const isWritten =
      /^[1-9]\d{3}-.*\.\d{6}Z$/s.test(text) &&
      parseInstant(milliseconds)?.toISOString() === milliseconds;
    expect(isInstant(text)).toBe(isWritten);
  });
});

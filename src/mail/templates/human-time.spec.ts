import { humanTime } from './human-time';

it.each([
  ['2030-01-01T00:00:00.000Z', 'en', 'January 1, 2030 at 00:00 UTC'],
  ['2030-12-31T23:59:59.999Z', 'en', 'December 31, 2030 at 23:59 UTC'],
  ['2030-07-04T14:05:00.000Z', 'de', '4. Juli 2030 um 14:05 UTC'],
])('says %s in %s as %s, wherever the process runs', (moment, locale, text) => {
  expect(humanTime(new Date(moment), locale)).toBe(text);
});

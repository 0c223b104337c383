import * as fc from 'fast-check';
import { anyText, forAll, mutated } from '../../../test/support/fuzz';
import { isStorable } from '../../common/http/validation.pipe';
import { isPositionIn, LIST_ORDERS, ORDERS } from './list-order';
import { searchCondition, searchPattern } from './user-search';

/** LIKE with `\` for an escape, as Postgres has it. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern.replaceAll(/\\(.)|%|_|[^\\%_]/gsu, (part, escaped: string | undefined) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    return (escaped ?? part).replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source}$`, 'su').test(text);
}

const letters = fc.string({ unit: fc.constantFrom('%', '_', '\\', 'a', 'b', '.', '*', ' ') });

it('a search finds what holds its text to the letter, or begins with it where it is short', () => {
  forAll([letters, letters, letters], (wanted, head, tail) => {
    fc.pre(wanted !== '');
    const pattern = searchPattern(wanted);
    const isWithin = pattern.startsWith('%') && Array.from(wanted).length >= 3;
    const [beginning, within] = [wanted + tail, head + wanted + tail];
    expect(isLike(beginning, pattern)).toBe(true);
    expect(isLike(within, pattern)).toBe(isWithin || within.startsWith(wanted));
    expect(isLike(head + tail, pattern)).toBe(
      isWithin ? (head + tail).includes(wanted) : (head + tail).startsWith(wanted),
    );
  });
});

it('any text searched for goes to Postgres as a value, never as SQL', () => {
  forAll([anyText(), fc.boolean()], (wanted, all) => {
    const values: unknown[] = [];
    const sql = searchCondition(wanted, all, (added) => `$${values.push(added)}`);
    expect(sql).toMatch(/^\((lower\(u\.\w+\) LIKE lower\(\$1\)( OR )?)+\)$/);
    expect(values).toEqual([searchPattern(wanted)]);
  });
});

it('a position from anywhere is one that Postgres takes in this order, or none', () => {
  const time = fc
    .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => `${date.toISOString().slice(0, -1)}000Z`);
  const key = fc.oneof(anyText(120), time, mutated(time), fc.constant(null));
  const id = fc.oneof(
    fc.uuid(),
    fc.uuid().map((text) => text.toUpperCase()),
    anyText(40),
  );
  const position = fc.oneof(fc.tuple(key, id), fc.array(fc.oneof(key, id), { maxLength: 4 }));
  forAll([fc.constantFrom(...LIST_ORDERS), position], (order, given) => {
    const isTaken = isPositionIn(order)(given);
    const [at, row] = given;
    fc.pre(isTaken);
    expect([given.length, row]).toEqual([2, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    const isName = order.endsWith('username');
    expect(isStorable(at ?? '') && (at ?? '').length <= 100).toBe(true);
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(at ?? '');
    expect(isName || isTime || (at === null && order.endsWith('last_login_at'))).toBe(true);
    const values: unknown[] = [];
    ORDERS[order].isBehind([at ?? null, row!], (value) => `$${values.push(value)}`);
    expect(values).toEqual(isName ? [at] : [at, row]);
  });
});

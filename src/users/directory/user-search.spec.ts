import { searchCondition, searchPattern } from './user-search';

describe('what is searched for', () => {
  it.each([
    ['ada', '%ada%'],
    ['Ada Lovelace', '%Ada Lovelace%'],
    ['ada@', '%ada@%'],
    ['@ex', '%@ex%'],
    ['j.d', '%j.d%'],
    ['李小龍', '%李小龍%'],
    ['a%b', String.raw`%a\%b%`],
    ['a_b', String.raw`%a\_b%`],
    ['a\\b', String.raw`%a\\b%`],
  ])('%s is looked for anywhere', (text, pattern) => {
    expect(searchPattern(text)).toBe(pattern);
  });

  it.each([
    ['a', 'a%'],
    ['ad', 'ad%'],
    ['李明', '李明%'],
    ['😀😀', '😀😀%'],
    ['%', String.raw`\%%`],
    ['_', String.raw`\_%`],
    ['...', '...%'],
    ['%%%', String.raw`\%\%\%%`],
  ])('%s, in which the index has nothing to find, at the beginning', (text, pattern) => {
    expect(searchPattern(text)).toBe(pattern);
  });
});

it('never writes what is searched for into the statement', () => {
  const values: unknown[] = [];
  const add = (value: unknown) => `$${values.push(value)}`;
  const sql = searchCondition(`x' OR true --`, true, add);
  expect(sql).not.toContain('true');
  expect(values).toEqual([`%x' OR true --%`]);
});

import { isPositionIn, LIST_ORDERS } from './list-order';

const ID = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11';
const TIME = '2030-01-01T00:00:00.123456Z';
const NAME = 'ada';

const ordersThatTake = (...position: readonly (string | null)[]) =>
  LIST_ORDERS.filter((order) => isPositionIn(order)(position));

describe('a position in a list', () => {
  it('is a key of its order and an id', () => {
    const times = ['created_at', '-created_at', 'last_login_at', '-last_login_at'];
    expect(ordersThatTake(TIME, ID)).toEqual(expect.arrayContaining(times));
    expect(ordersThatTake(NAME, ID)).toEqual(['username', '-username']);
    expect(ordersThatTake(null, ID)).toEqual(['last_login_at', '-last_login_at']);
  });

  it.each<readonly (string | null)[]>([
    [],
    [ID],
    [TIME],
    [TIME, null],
    [TIME, 'x'],
    [TIME, ID.toUpperCase()],
    [TIME, ID, 'more'],
    ['a\0b', ID],
    ['\ud800', ID],
    ['x'.repeat(101), ID],
  ])('is never %j, %j', (...position) => {
    expect(ordersThatTake(...position)).toEqual([]);
  });

  it.each([
    '2030-02-30T00:00:00.000000Z',
    '2030-01-01T24:00:00.000000Z',
    '2030-01-01T00:00:60.000000Z',
    '0000-01-01T00:00:00.000000Z',
    '2030-01-01T00:00:00.000Z',
    '2030-01-01T00:00:00.000000+23:59',
    '2030-01-01T00:00:00.000000',
    '-infinity',
    'now',
    '',
  ])('has no time %s, which Postgres would refuse or read as something else', (time) => {
    expect(isPositionIn('-created_at')([time, ID])).toBe(false);
    expect(isPositionIn('last_login_at')([time, ID])).toBe(false);
  });
});

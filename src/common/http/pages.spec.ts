import { ValidationFailedError } from './http.errors';
import { cursorAt, linkToNext, type Position, readCursor } from './pages';

const LIST = ['users', 'by name', { role: 'admin' }];
const isAny = (position: Position): position is Position => Array.isArray(position);
const reading =
  (cursor: string, list: unknown = LIST) =>
  () =>
    readCursor(list, cursor, isAny);

describe('a cursor', () => {
  it.each([[['ada', 'id']], [[null, 'id']], [['žluťoučký 😀 "\\', 'id']], [[]]])(
    'brings %j back',
    (position) => {
      expect(readCursor(LIST, cursorAt(LIST, position), isAny)).toEqual(position);
    },
  );

  it('may stand in a URL as it is', () => {
    expect(cursorAt(LIST, ['?&=+/ <>😀', 'id'])).toMatch(/^[\w-]+$/);
  });

  it('is good for its own list, filters and order only', () => {
    const cursor = cursorAt(LIST, ['ada', 'id']);
    expect(reading(cursor, ['users', 'by name', { role: 'user' }])).toThrow(ValidationFailedError);
    expect(reading(cursor, ['users', 'by time', { role: 'admin' }])).toThrow(ValidationFailedError);
    expect(reading(cursor, ['mails', 'by name', { role: 'admin' }])).toThrow(ValidationFailedError);
  });

  it.each([
    '',
    'x',
    '!!!',
    'bnVsbA',
    'e30',
    'W10',
    Buffer.from('[1,2]').toString('base64url'),
    Buffer.from('["a",{"b":1}]').toString('base64url'),
    `${cursorAt(LIST, ['ada'])}!`,
    `${cursorAt(LIST, ['ada'])}=`,
    cursorAt(LIST, ['ada']).slice(0, -1),
    `${cursorAt(LIST, ['ada'])}A`,
  ])('%s is refused', (cursor) => {
    expect(reading(cursor)).toThrow(ValidationFailedError);
  });

  it('with a position that the list does not take is refused', () => {
    const isNone = (position: Position): position is [] => position.length === 0;
    expect(() => readCursor(LIST, cursorAt(LIST, ['ada']), isNone)).toThrow(ValidationFailedError);
  });
});

describe('the link to the next page', () => {
  const link = (query: Record<string, string>) =>
    linkToNext(
      { query, routeOptions: { url: '/api/v1/users' } } as never,
      'https://api.example.com',
      'c-1',
    );

  it('keeps every parameter but where the list began', () => {
    expect(link({ skip: '40', limit: '20', q: 'a&b>', cursor: 'c-0' })).toBe(
      '<https://api.example.com/api/v1/users?limit=20&q=a%26b%3E&cursor=c-1>; rel="next"',
    );
  });
});

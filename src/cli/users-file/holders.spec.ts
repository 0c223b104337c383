import { type Holder, Holders, judge } from './holders';
import type { Candidate } from './line-reader';
import type { UserRecord } from './user-record';

const MADE = '0199f0c4-7d2e-';
const LATER = '0199f0c5-0000-';
const tail = (n: number): string => `7c4a-9c1b-5f2f6b1c8a${String(n).padStart(2, '0')}`;

function line(
  number: number,
  username: string,
  { email = null as string | null, google = '', hasOwnId = false, id = MADE + tail(number) } = {},
): Candidate {
  const identities = google ? [{ provider: 'google', subject: google, email: null }] : [];
  return {
    line: number,
    hasOwnId,
    user: { id, username, email, identities } as unknown as UserRecord,
  };
}

function holding(...holders: Holder[]): Holders {
  const all = new Holders();
  for (const holder of holders) all.add(holder);
  return all;
}

const summaryOf = (candidates: Candidate[], holders = new Holders()) => {
  const { accepted, alreadyThere, refused } = judge(candidates, holders);
  return {
    accepted: accepted.map((candidate) => candidate.line),
    alreadyThere,
    refused: refused.map(({ candidate, reasons }) => [
      candidate.line,
      ...reasons.map(({ code }) => code),
    ]),
  };
};

const ADA = { id: LATER + tail(99), username: 'ada', email: 'ada@example.com' };

it('accepts who has nothing of anybody', () => {
  const lines = [line(1, 'bob', { email: 'b@example.com', google: '1' }), line(2, 'eve')];
  expect(summaryOf(lines, holding(ADA))).toEqual({
    accepted: [1, 2],
    alreadyThere: 0,
    refused: [],
  });
});

it('refuses what somebody has, in any case, and tells all of it', () => {
  const holders = holding(ADA);
  holders.addIdentity({ provider: 'google', subject: '1' });
  const lines = [
    line(1, 'ADA'),
    line(2, 'bob', { email: 'ada@example.com' }),
    line(3, 'eve', { google: '1' }),
    line(4, 'Ada', { email: 'ada@example.com', google: '1' }),
    line(5, 'max', { id: ADA.id, hasOwnId: true }),
  ];
  expect(summaryOf(lines, holders).refused).toEqual([
    [1, 'username_taken'],
    [2, 'email_taken'],
    [3, 'identity_taken'],
    [4, 'username_taken', 'email_taken', 'identity_taken'],
    [5, 'id_taken'],
  ]);
});

it('lets the first of several lines have a name', () => {
  const lines = [
    line(1, 'ada', { google: '1' }),
    line(2, 'Ada'),
    line(3, 'bob', { google: '1' }),
    line(4, 'bob'),
  ];
  expect(summaryOf(lines)).toEqual({
    accepted: [1, 4],
    alreadyThere: 0,
    refused: [
      [2, 'username_taken'],
      [3, 'identity_taken'],
    ],
  });
});

it.each([
  ['at once', line(1, 'ada', { email: 'ada@example.com', id: ADA.id })],
  ['at another time', line(1, 'ada', { email: 'ada@example.com', id: MADE + tail(99) })],
  [
    'and took another username since',
    line(1, 'ada2', { email: 'ada@example.com', id: MADE + tail(99) }),
  ],
  [
    'and moved to another address since',
    line(1, 'ada', { email: 'a@example.com', id: MADE + tail(99) }),
  ],
  ['with a time of its own, and changed both since', line(1, 'x', { email: 'y', id: ADA.id })],
  ['with an id of its own', line(1, 'ada', { id: ADA.id, hasOwnId: true })],
])('knows a line again that was imported %s', (_, again) => {
  expect(summaryOf([again], holding(ADA))).toEqual({ accepted: [], alreadyThere: 1, refused: [] });
});

it('knows a line again that the file holds twice', () => {
  expect(summaryOf([line(1, 'ada'), line(1, 'ada')])).toMatchObject({
    accepted: [1],
    alreadyThere: 1,
  });
});

it('does not take the id that a line claims for proof', () => {
  const claimed = line(1, 'ada', { id: MADE + tail(99), hasOwnId: true });
  expect(summaryOf([claimed], holding(ADA)).refused).toEqual([[1, 'username_taken']]);
});

it('minds those of earlier batches, and adds nobody to them', () => {
  const earlier = holding(ADA);
  earlier.addIdentity({ provider: 'google', subject: '1' });
  const lines = [
    line(1, 'ada'),
    line(2, 'bob', { email: 'ada@example.com' }),
    line(3, 'eve', { google: '1' }),
    line(4, 'new'),
  ];
  expect(summaryOf(lines, new Holders(earlier)).accepted).toEqual([4]);
  expect(summaryOf([line(5, 'new')], new Holders(earlier)).accepted).toEqual([5]);
});

import { readUser, type ReadingRules } from './line-reader';

const NOW = new Date('2026-11-21T09:00:00Z');
const RULES: ReadingRules = {
  now: NOW,
  argon2: { memoryKib: 19_456, timeCost: 2, parallelism: 1 },
  idKey: Buffer.alloc(32, 1),
  ignoresUnknown: false,
};
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS';

const read = (fields: object, rules = RULES) =>
  readUser({ number: 7, bytes: Buffer.from(JSON.stringify(fields)) }, rules);

function userOf(fields: object, rules = RULES) {
  const result = read(fields, rules);
  if (!result || !('user' in result)) throw new Error(JSON.stringify(result));
  return result.user;
}

function faultsOf(fields: object): string[] {
  const result = read(fields);
  if (!result || 'user' in result) return [];
  return result.reasons.map(({ field, detail }) => [field, detail].filter(Boolean).join(' '));
}

const ADA = { username: 'Ada', email: 'Ada@Example.com ', password_hash: BCRYPT };

it('gives what a line leaves out the values of a new user', () => {
  expect(userOf(ADA)).toEqual({
    id: expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
    username: 'Ada',
    email: 'ada@example.com',
    emailVerifiedAt: null,
    passwordHash: BCRYPT,
    role: 'user',
    isActive: true,
    displayName: null,
    fullName: null,
    bio: null,
    avatarUrl: null,
    nichePreference: null,
    locale: 'en',
    createdAt: NOW,
    updatedAt: NOW,
    lastLoginAt: null,
    subscription: null,
    identities: [],
  });
});

it('takes all that a line can say', () => {
  const times = { created_at: '2024-01-01', updated_at: '2024-02-01', last_login_at: '2024-03-01' };
  const line = {
    ...ADA,
    ...times,
    id: '0199F0C4-7D2E-7C4A-9C1B-5F2F6B1C8A11',
    is_verified: 1,
    is_active: false,
    role: 'guest',
    display_name: ' Ada ',
    full_name: 'Ada Lovelace',
    bio: 'one\ntwo',
    avatar_url: 'https://example.com/ada.png',
    niche_preference: 'mathematics',
    locale: 'de-AT',
    premium_until: '2027-01-01',
    customer_id: 'cus_1',
    subscription_status: 'active',
    identities: [{ provider: 'google', subject: '1', email: 'Ada@gmail.example' }],
  };
  expect(userOf(line)).toEqual({
    id: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
    username: 'Ada',
    email: 'ada@example.com',
    emailVerifiedAt: new Date('2024-01-01'),
    passwordHash: BCRYPT,
    role: 'guest',
    isActive: false,
    displayName: 'Ada',
    fullName: 'Ada Lovelace',
    bio: 'one\ntwo',
    avatarUrl: 'https://example.com/ada.png',
    nichePreference: 'mathematics',
    locale: 'de-AT',
    createdAt: new Date('2024-01-01'),
    updatedAt: new Date('2024-02-01'),
    lastLoginAt: new Date('2024-03-01'),
    subscription: {
      premiumUntil: new Date('2027-01-01'),
      customerId: 'cus_1',
      planId: null,
      subscriptionId: null,
      status: 'active',
      lastRenewedAt: null,
      nextRenewalAt: null,
      occurredAt: null,
    },
    identities: [{ provider: 'google', subject: '1', email: 'Ada@gmail.example' }],
  });
});

it('takes news of a subscription from five minutes ahead, where a clock is off', () => {
  const subscription_occurred_at = '2026-11-21T09:05:00Z';
  const { subscription } = userOf({ ...ADA, subscription_occurred_at });
  expect(subscription?.occurredAt).toEqual(new Date(subscription_occurred_at));
});

it('is verified from when the line says, and never without an address', () => {
  const at = '2024-05-05T05:05:05.000Z';
  expect(userOf({ ...ADA, email_verified_at: at }).emailVerifiedAt?.toISOString()).toBe(at);
  const { email: _, ...noAddress } = ADA;
  expect(userOf({ ...noAddress, is_verified: true }).emailVerifiedAt).toBeNull();
});

it.each([
  ['no username', { username: null }, 'username must be a string'],
  ['a username like an address', { username: 'ada@example.com' }, /^username must be 3 to 50/],
  ['an address that is none', { email: 'ada' }, 'email must be an e-mail address'],
  ['an address with a line break', { email: '"a\n"@example.com' }, /^email must/],
  ['a role that there is not', { role: 'root' }, 'role must be one of admin, user, guest'],
  ['a flag in words', { is_active: 'yes' }, 'is_active must be true or false'],
  ['a time that is none', { created_at: 'then' }, /^created_at must be a time like/],
  ['a time as a number', { created_at: 1_700_000_000 }, /^created_at must be a time like/],
  ['a time before 1970', { created_at: '1969-12-31' }, 'created_at must not be before 1970'],
  ['a time to come', { created_at: '2026-11-23' }, 'created_at must not be in the future'],
  [
    'a time beyond the year 9999',
    { premium_until: '9999-12-31T23:59:59-05:00' },
    /^premium_until must be a time like/,
  ],
  [
    'news of a subscription that are yet to happen',
    { subscription_occurred_at: '2026-11-21T09:05:00.001Z' },
    'subscription_occurred_at must not be in the future',
  ],
  ['a bio as a list', { bio: ['x'] }, 'bio must be a string'],
  ['a bio too long', { bio: 'x'.repeat(2001) }, 'bio must have at most 2000 characters'],
  [
    'an avatar that is a script',
    { avatar_url: 'javascript:alert(1)' },
    /^avatar_url must be a URL/,
  ],
  ['a control character', { plan_id: 'a\u0007' }, 'plan_id must not contain control characters'],
  ['a number as an id of a plan', { plan_id: 7 }, 'plan_id must be a string'],
  ['a language that is none', { locale: '../etc' }, 'locale must be a language tag like en'],
  ['a password in the clear', { password_hash: 'hunter2' }, /^password_hash must be argon2/],
  ['a hash as a number', { password_hash: 5 }, 'password_hash must be a string'],
  [
    'a verification that was not',
    { is_verified: false, email_verified_at: '2024-01-01' },
    /^email_verified_at must not be there/,
  ],
  ['identities that are no list', { identities: {} }, /^identities must be a list/],
  ['identities of text', { identities: ['google'] }, /^identities must hold nothing but/],
  [
    'an identity with a token',
    { identities: [{ provider: 'a1', subject: '1', access_token: 'x' }] },
    /^identities must hold nothing but/,
  ],
  [
    'an identity without a subject',
    { identities: [{ provider: 'google' }] },
    'identities subject must be a string',
  ],
  ['an identity with a number', { google_id: 123 }, 'identities subject must be a string'],
  [
    'an identity of no provider',
    { identities: [{ provider: 'Google!', subject: '1' }] },
    /^identities provider must be/,
  ],
  [
    'a provider twice',
    { google_id: '1', identities: [{ provider: 'google', subject: '2' }] },
    'identities must hold a provider once',
  ],
  [
    'too many identities',
    { identities: Array.from({ length: 21 }, (_, n) => ({ provider: `p${n}`, subject: '1' })) },
    'identities must be at most 20',
  ],
])('refuses %s, and says nothing of the value', (_, change, fault) => {
  const faults = faultsOf({ ...ADA, ...change });
  expect(faults).toEqual([expect.stringMatching(fault)]);
});

it('refuses somebody who could never sign in', () => {
  expect(faultsOf({ username: 'ada' })).toEqual([
    'has nothing to sign in with: no password_hash, no identity and no email',
  ]);
  for (const key of [{ email: 'a@example.com' }, { google_id: '1' }, { password_hash: BCRYPT }])
    expect(faultsOf({ username: 'ada', ...key })).toEqual([]);
});

it('tells all faults of a line at once, with its number, and the username if it is one', () => {
  expect(read({ username: 'ada', role: 'root', bio: 1, shoe_size: 38 })).toEqual({
    line: 7,
    username: 'ada',
    reasons: [
      { code: 'unknown_field', field: 'shoe_size', detail: 'is no field of a user' },
      { code: 'invalid', field: 'role', detail: 'must be one of admin, user, guest' },
      { code: 'invalid', field: 'bio', detail: 'must be a string' },
    ],
  });
  expect(read({ username: BCRYPT, hashed_password: BCRYPT })).toMatchObject({ username: null });
});

describe('the id of a line without one', () => {
  const idOf = (fields: object, rules = RULES): string => userOf(fields, rules).id;
  const tail = (id: string): string => id.slice(14);

  it('is the same however the line is spelt and ordered', () => {
    const { username, ...rest } = ADA;
    expect(idOf({ ...rest, username })).toBe(idOf(ADA));
    const respelt = { username: 'Ada', email: 'ada@example.com', hashed_password: BCRYPT, bio: '' };
    expect(idOf(respelt)).toBe(idOf(ADA));
  });

  it.each([{ username: 'Ada2' }, { email: 'b@example.com' }, { bio: 'x' }, { google_id: '1' }])(
    'is another with %j',
    (change) => {
      expect(tail(idOf({ ...ADA, ...change }))).not.toBe(tail(idOf(ADA)));
    },
  );

  it('sorts by when the user was made', () => {
    const older = idOf({ ...ADA, created_at: '2020-01-01' });
    const newer = idOf({ ...ADA, created_at: '2021-01-01' });
    expect([newer, older, idOf(ADA)].toSorted()).toEqual([older, newer, idOf(ADA)]);
  });

  it('differs at another time in its time alone', () => {
    const later = idOf(ADA, { ...RULES, now: new Date('2026-11-22T09:00:00Z') });
    expect(later).not.toBe(idOf(ADA));
    expect(tail(later)).toBe(tail(idOf(ADA)));
  });

  it('cannot be computed from the line alone: nobody tries out addresses on public ids', () => {
    const elsewhere = idOf(ADA, { ...RULES, idKey: Buffer.alloc(32, 2) });
    expect(tail(elsewhere)).not.toBe(tail(idOf(ADA)));
  });
});

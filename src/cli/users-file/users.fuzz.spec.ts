import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { anyJson, anyText, forAll, storableText } from '../../../test/support/fuzz';
import { isStorable } from '../../common/http/validation.pipe';
import { readProfile } from '../../oauth/providers/provider-profile';
import { exportedLine, type ExportedRow } from './exported-line';
import { Holders, judge } from './holders';
import { type Candidate, readUser, type ReadingRules } from './line-reader';
import type { UserRecord } from './user-record';

const NOW = new Date('2026-11-21T09:00:00Z');
const RULES: ReadingRules = {
  now: NOW,
  argon2: { memoryKib: 19_456, timeCost: 2, parallelism: 1 },
  idKey: Buffer.alloc(32, 1),
  ignoresUnknown: false,
};
const BCRYPT = '$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS';

const read = (text: string, rules = RULES) =>
  readUser({ number: 7, bytes: Buffer.from(text) }, rules);

const username = fc.stringMatching(/^[A-Za-z0-9_.-]{3,50}$/);
const email = fc.stringMatching(/^[a-z][a-z0-9]{0,8}@[a-z]{1,5}\.example$/);
/** Whole milliseconds, from when ids can tell. */
const time = fc.date({ min: new Date(0), max: NOW, noInvalidDate: true });
const lineOf = (most: number) =>
  storableText(most)
    .map((text) =>
      text
        .normalize('NFC')
        .replaceAll(/\p{Cc}/gu, '')
        .trim(),
    )
    .filter((text) => text !== '' && Array.from(text).length <= most);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

/** A row as the service itself may have written it. */
const row: fc.Arbitrary<ExportedRow> = fc.record({
  id: fc.uuid({ version: 7 }),
  username,
  email: maybe(email),
  email_verified_at: fc.constant(null),
  password_hash: fc.constant(BCRYPT),
  role: fc.constantFrom('admin', 'user', 'guest'),
  is_active: fc.boolean(),
  display_name: maybe(lineOf(100)),
  full_name: maybe(lineOf(100)),
  bio: maybe(lineOf(2000)),
  avatar_url: maybe(fc.webUrl()),
  niche_preference: maybe(lineOf(100)),
  locale: fc.constantFrom('en', 'de-AT', 'zh-Hant-TW'),
  created_at: time,
  updated_at: time,
  last_login_at: maybe(time),
  premium_until: maybe(time),
  customer_id: maybe(lineOf(255)),
  plan_id: maybe(lineOf(255)),
  subscription_id: maybe(lineOf(255)),
  status: maybe(lineOf(255)),
  last_renewed_at: maybe(time),
  next_renewal_at: maybe(time),
  occurred_at: maybe(time),
  identities: maybe(
    fc.uniqueArray(
      fc.record({
        provider: fc.constantFrom('google', 'acme'),
        subject: lineOf(255),
        email: maybe(email),
      }),
      { selector: ({ provider }) => provider, minLength: 1 },
    ),
  ),
});

it('what was exported is imported as the same user', () => {
  forAll([row], (exported) => {
    const verified = {
      ...exported,
      email_verified_at: exported.email ? exported.created_at : null,
    };
    const result = read(exportedLine(verified, true));
    expect(result).toMatchObject({ line: 7, hasOwnId: true });
    const { user } = result as Candidate;
    const again = JSON.parse(exportedLine(rowOf(user), true)) as object;
    expect(again).toEqual(JSON.parse(exportedLine(verified, true)));
  });
});

/** What Postgres has of a user once they are imported. */
function rowOf(user: UserRecord): ExportedRow {
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    email_verified_at: user.emailVerifiedAt,
    password_hash: user.passwordHash,
    role: user.role,
    is_active: user.isActive,
    display_name: user.displayName,
    full_name: user.fullName,
    bio: user.bio,
    avatar_url: user.avatarUrl,
    niche_preference: user.nichePreference,
    locale: user.locale,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
    last_login_at: user.lastLoginAt,
    premium_until: user.subscription?.premiumUntil ?? null,
    customer_id: user.subscription?.customerId ?? null,
    plan_id: user.subscription?.planId ?? null,
    subscription_id: user.subscription?.subscriptionId ?? null,
    status: user.subscription?.status ?? null,
    last_renewed_at: user.subscription?.lastRenewedAt ?? null,
    next_renewal_at: user.subscription?.nextRenewalAt ?? null,
    occurred_at: user.subscription?.occurredAt ?? null,
    identities: user.identities.length > 0 ? user.identities : null,
  };
}

it('somebody who came through a provider can be exported and imported', () => {
  const FIELDS = {
    subject: 'sub',
    email: 'email',
    emailVerified: null,
    name: 'name',
    username: null,
    picture: 'picture',
  };
  const address = fc
    .tuple(
      fc.constantFrom(
        'https://a.example/',
        'http://a_b.example/',
        'https://[::1]/',
        'https://ü.example/',
      ),
      anyText(12),
    )
    .map((parts) => parts.join(''));
  const claims = fc.record({
    sub: anyText(20).filter((text) => text !== '' && isStorable(text)),
    email: fc.oneof(email, fc.emailAddress(), anyText()),
    name: anyText(120),
    picture: fc.oneof(address, fc.webUrl()),
  });
  forAll([row, claims], (exported, given) => {
    const profile = readProfile({ ...given, sub: given.sub.slice(0, 255) }, FIELDS);
    const line = exportedLine(
      {
        ...exported,
        email: profile.email,
        full_name: profile.name,
        avatar_url: profile.picture,
        identities: [{ provider: 'acme', subject: profile.subject, email: profile.email }],
      },
      true,
    );
    const result = read(line);
    expect((result as { reasons?: unknown }).reasons).toBeUndefined();
  });
});

describe('a line', () => {
  const NAMES = [
    'username',
    'email',
    'password_hash',
    'identities',
    'google_id',
    'bio',
    'disabled',
  ];
  const MORE = ['id', 'role', 'locale', 'is_verified', 'created_at', 'avatar_url', 'plan_id'];
  const held = fc.oneof(
    anyJson(),
    username,
    email,
    fc.constantFrom<unknown>(BCRYPT, true, 1, 'admin', 'de', '2024-01-01', 'https://a.example'),
    fc.array(fc.dictionary(fc.constantFrom('provider', 'subject', 'email'), anyJson(1))),
  );
  const fields = fc.dictionary(fc.constantFrom(...NAMES, ...MORE), held, { noNullPrototype: true });
  const any = fc.oneof(
    fields,
    fields.map((some) => ({ username: 'ada', email: 'ada@example.com', ...some })),
    anyJson(),
  );

  it('of any JSON is a user that can be stored, or refused with every reason in words of ours', () => {
    forAll([any, fc.boolean()], (value, ignoresUnknown) => {
      const result = read(JSON.stringify(value), { ...RULES, ignoresUnknown })!;
      const { reasons } = result as { reasons?: { field: string | null; detail: string }[] };
      for (const { field, detail } of reasons ?? []) {
        expect(field ?? 'a').toMatch(/^(\w{1,64}|a field)$/);
        expect(detail).toMatch(/^[a-z][\w ,.:;()={}$#/*"-]*$/);
      }
      const { user } = result as Candidate;
      expect(reasons ? reasons.length > 0 : isSound(user)).toBe(true);
    });
  });

  it('says nothing of its values when it is refused', () => {
    const mark = 'Xq7-do-not-repeat-me';
    const secret = fc.oneof(
      anyText(6).map((text) => text + mark),
      fc.constant([{ provider: mark, subject: mark }]),
      fc.constant({ [mark]: mark }),
    );
    const some = fc.dictionary(fc.constantFrom(...NAMES, ...MORE), secret);
    forAll([some], (given) => {
      const result = read(JSON.stringify({ ...given, username: 'no name', nobody: mark }));
      expect(JSON.stringify(result)).not.toContain(mark);
    });
  });
});

/** What the API and the tables demand of a user. */
function isSound(user: UserRecord): boolean {
  const texts = [user.username, user.email, user.displayName, user.fullName, user.bio, user.locale];
  return (
    /^[A-Za-z0-9_.-]{3,50}$/.test(user.username) &&
    texts.every((text) => text === null || (isStorable(text) && text.length <= 4000)) &&
    [user.createdAt, user.updatedAt].every((at) => at.getTime() >= 0) &&
    /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(user.id) &&
    (user.emailVerifiedAt === null || user.email !== null) &&
    (user.passwordHash !== null || user.identities.length > 0 || user.email !== null) &&
    new Set(user.identities.map(({ provider }) => provider)).size === user.identities.length
  );
}

describe('of many lines', () => {
  const few = fc.constantFrom('ada', 'Ada', 'bob', 'eve');
  const candidate: fc.Arbitrary<Candidate> = fc
    .record({
      username: few,
      email: maybe(fc.constantFrom('a@x', 'b@x')),
      google: maybe(fc.constantFrom('1', '2')),
      hasOwnId: fc.boolean(),
      id: fc.constantFrom('1', '2', '3'),
      bio: few,
    })
    .map(({ username: name, email: address, google, hasOwnId, id, bio }) => {
      const content = createHmac('sha256', 'k').update(
        JSON.stringify([name, address, google, bio]),
      );
      const tail = (hasOwnId ? `own${id}` : content.digest('hex')).padEnd(22, '0').slice(0, 22);
      const identities = google ? [{ provider: 'google', subject: google, email: null }] : [];
      const user = { id: `0199f0c4-7d2e-${tail}`, username: name, email: address, identities };
      return { line: 0, hasOwnId, user: user as unknown as UserRecord };
    });
  const file = fc.array(candidate, { maxLength: 8 });

  it('each is accepted, there already or refused, and no two accepted have anything in common', () => {
    forAll([file], (candidates) => {
      const { accepted, alreadyThere, refused } = judge(candidates, new Holders());
      expect(accepted.length + alreadyThere + refused.length).toBe(candidates.length);
      const keysOf = ({ user }: Candidate): string[] => [
        user.id,
        `name ${user.username.toLowerCase()}`,
        ...(user.email ? [`email ${user.email}`] : []),
        ...user.identities.map(({ subject }) => `identity ${subject}`),
      ];
      const keys = accepted.flatMap(keysOf);
      expect(new Set(keys).size).toBe(keys.length);
      for (const { reasons } of refused) expect(reasons.length).toBeGreaterThan(0);
    });
  });

  it('the first of any that ask for one thing has it, and a second run finds all of them there', () => {
    forAll([file], (candidates) => {
      const { accepted } = judge(candidates, new Holders());
      expect(accepted.slice(0, 1)).toEqual(candidates.slice(0, 1));
      const holders = new Holders();
      for (const { user } of accepted) holders.addUser(user);
      expect(judge(accepted, holders)).toEqual({
        accepted: [],
        alreadyThere: accepted.length,
        refused: [],
      });
    });
  });

  it('how they are cut into batches decides nothing', () => {
    forAll([file, fc.nat(8)], (candidates, at) => {
      const holders = new Holders();
      const parts = [candidates.slice(0, at), candidates.slice(at)].map((part) =>
        judge(part, holders),
      );
      const whole = judge(candidates, new Holders());
      expect(parts.flatMap(({ accepted }) => accepted)).toEqual(whole.accepted);
      expect(parts.flatMap(({ refused }) => refused)).toEqual(whole.refused);
    });
  });
});

import { alter, effectsOf, userRow } from '../support/effects';
import { type Person, signedIn, type Tokens } from '../support/people';
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { titled } from '../support/titled';

let test: TestApp;
let person: Person;
let tokens: Tokens;
beforeAll(async () => {
  test = await startTestApp();
});
beforeEach(async () => {
  ({ person, tokens } = await signedIn(test));
});
afterAll(() => test.close());

const patch = (fields: object) =>
  test.api.patch('users/me', fields, { token: tokens.access_token });
const me = async (path = 'users/me') => test.api.get(path, { token: tokens.access_token });

const FIELDS = ['display_name', 'full_name', 'bio', 'avatar_url', 'niche_preference'] as const;
const PROFILE = {
  display_name: 'Ada',
  full_name: 'Ada Lovelace',
  bio: 'Poetical science.\nAnd engines.',
  avatar_url: 'https://example.com/ada.png',
  niche_preference: 'mathematics',
};

describe('reading it', () => {
  it('gives exactly what a user is on the wire, at both addresses', async () => {
    const now = test.clock.now().toISOString();
    const { status, body, text } = await me();
    expect([status, body]).toEqual([
      200,
      {
        id: person.id,
        username: person.username,
        email: person.email,
        is_verified: true,
        is_active: true,
        is_oauth: false,
        role: 'user',
        display_name: null,
        full_name: null,
        bio: null,
        avatar_url: null,
        niche_preference: null,
        is_premium: false,
        premium_until: null,
        created_at: now,
        updated_at: now,
        last_login_at: now,
      },
    ]);
    expect((await me('auth/me')).text).toBe(text);
    expect((await me('/api/users/me')).text).toBe(text);
    expect((await me('/api/auth/me')).text).toBe(text);
  });

  it('tells an account without a password, and one without an address', async () => {
    await alter(test, person, 'password_hash = NULL, email = NULL, email_verified_at = NULL');
    expect((await me()).body).toMatchObject({ is_oauth: true, email: null, is_verified: false });
  });

  it('is premium to the last second and not at the end', async () => {
    const end = new Date(test.clock.now().getTime() + 60_000);
    await test.query('INSERT INTO subscriptions (user_id, premium_until) VALUES ($1, $2)', [
      person.id,
      end,
    ]);
    test.clock.advance({ seconds: 59 });
    expect((await me()).body).toMatchObject({ is_premium: true, premium_until: end.toISOString() });
    test.clock.advance({ seconds: 1 });
    expect((await me()).body).toMatchObject({ is_premium: false });
  });
});

describe('changing it', () => {
  it('sets every field, says so, and is still there afterwards', async () => {
    const before = (await me()).body;
    test.clock.advance({ minutes: 1 });
    const { answer, mails, audits } = await effectsOf(test, () => patch(PROFILE));
    const after = { ...before, ...PROFILE, updated_at: test.clock.now().toISOString() };
    expect([answer.status, answer.body]).toEqual([200, after]);
    expect((await me()).body).toEqual(after);
    expect([mails, audits]).toEqual([[], []]);
  });

  it.each(FIELDS)('sets %s alone and leaves the rest', async (field) => {
    await patch(PROFILE);
    const value = field === 'avatar_url' ? 'http://localhost/x' : 'changed';
    expect((await patch({ [field]: value })).body).toMatchObject({ ...PROFILE, [field]: value });
    expect((await me()).body).toMatchObject({ ...PROFILE, [field]: value });
  });

  it.each(FIELDS)('clears %s with null, with nothing, and with spaces', async (field) => {
    for (const nothing of [null, '', '  ']) {
      await patch(PROFILE);
      const answer = await patch({ [field]: nothing });
      expect([nothing, answer.status, answer.body[field]]).toEqual([nothing, 200, null]);
      expect((await me()).body).toMatchObject({ ...PROFILE, [field]: null });
    }
  });

  it('with an empty body leaves everything as it is', async () => {
    await patch(PROFILE);
    expect((await patch({})).body).toMatchObject(PROFILE);
  });

  it('trims and NFC-normalises', async () => {
    const { body } = await patch({ display_name: ' Zoe\u0308 ', bio: '\n a\n b \n' });
    expect(body).toMatchObject({ display_name: 'Zo\u00eb', bio: 'a\n b' });
  });

  it('keeps markup as it was written: it is text', async () => {
    const markup = `<img src=x onerror=alert(1)>&amp;'"`;
    expect((await patch({ display_name: markup })).body.display_name).toBe(markup);
  });
});

describe('a field', () => {
  it.each([
    ['display_name', 100],
    ['full_name', 100],
    ['niche_preference', 100],
    ['bio', 2000],
  ])('%s holds %d characters and no more', async (field, most) => {
    for (const letter of ['x', '😀']) {
      expect((await patch({ [field]: letter.repeat(most) })).status).toBe(200);
      expectInvalid(
        await patch({ [field]: letter.repeat(most + 1) }),
        [`/${field}`],
        ['xxx', '😀😀'],
      );
    }
  });

  it.each(['display_name', 'full_name', 'niche_preference'])('%s is one line', async (field) => {
    for (const text of ['a\nb', 'a\tb', 'a\u001b[31mb', 'a\u0085b'])
      expectInvalid(await patch({ [field]: text }), [`/${field}`]);
  });

  it('bio has lines, and no other control characters', async () => {
    expect((await patch({ bio: 'a\r\n\tb' })).status).toBe(200);
    for (const text of ['a\u0007b', 'a\u001bb'])
      expectInvalid(await patch({ bio: text }), ['/bio']);
  });

  it.each(
    titled([
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'ftp://example.com/x',
      '//example.com/x',
      'example.com/x',
      'file:///etc/passwd',
      'https://',
      'https:// example.com',
      'x',
      'vbscript:x',
      ' javascript:alert(1)',
      `https://example.com/${'x'.repeat(2030)}`,
    ]),
  )('avatar_url may not be %s', async (_, url) => {
    expectInvalid(await patch({ avatar_url: url }), ['/avatar_url'], ['alert', 'xxxx']);
  });

  it.each(
    titled([
      'https://example.com/a.png',
      'http://localhost:3000/a',
      'https://exämple.com/ä?x=1#y',
      ' https://example.com ',
    ]),
  )('avatar_url may be %s', async (_, url) => {
    expect((await patch({ avatar_url: url })).body.avatar_url).toBe(url.trim());
  });

  it('that is bad changes none of the good ones', async () => {
    const before = await userRow(test, person);
    expectInvalid(await patch({ ...PROFILE, avatar_url: 'x' }), ['/avatar_url']);
    expect(await userRow(test, person)).toEqual(before);
  });
});

describe('privilege escalation: a protected field', () => {
  it.each([
    'id',
    'username',
    'email',
    'password',
    'password_hash',
    'role',
    'is_active',
    'is_verified',
    'is_oauth',
    'is_premium',
    'premium_until',
    'created_at',
    'updated_at',
    'last_login_at',
    'customer_id',
    'plan_id',
    'subscription_id',
    'subscription_status',
    'subscription_last_renew',
    'subscription_next_renew',
  ])('%s is 400 and nothing else is changed', async (field) => {
    const before = await userRow(test, person);
    for (const value of ['admin', true, null, { x: 1 }]) {
      const { answer, mails, audits } = await effectsOf(test, () =>
        patch({ ...PROFILE, [field]: value }),
      );
      expectProblem(answer, 400, 'protected_field');
      expect(answer.body.detail).toBe(`Cannot update '${field}'.`);
      expect([mails, audits]).toEqual([[], []]);
    }
    expect(await userRow(test, person)).toEqual(before);
  });

  it('is told before anything else is', async () => {
    const answer = await patch({ nobody_knows: 1, avatar_url: 'x', email: 'x' });
    expectProblem(answer, 400, 'protected_field');
  });

  it('is told to nobody who is not signed in', async () => {
    expectProblem(await test.api.patch('users/me', { email: 'x' }), 401, 'unauthenticated');
  });

  it('is unknown in other columns than those of the wire', async () => {
    for (const field of [
      'security_stamp',
      'email_verified_at',
      'locale',
      'isActive',
      'displayName',
      'ROLE',
    ])
      expectInvalid(await patch({ [field]: 'x' }), [`/${field}`]);
  });
});

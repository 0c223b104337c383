import { InvitationService } from '../../src/auth/invitation/invitation.service';
import { UnitOfWork } from '../../src/database/unit-of-work';
import { UsersService } from '../../src/users/users.service';
import type { Answer } from '../support/api';
import { alter, effectsOf, userRow } from '../support/effects';
import { linkIn, tokenIn } from '../support/inbox';
import { resetToken, verificationToken } from '../support/links';
import {
  PASSWORD,
  type Person,
  signedIn,
  signedInAs,
  signIn,
  signUp,
  sixteen,
  tally,
  type Tokens,
} from '../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let admin: Person;
let token: string;
beforeAll(async () => {
  test = await startTestApp();
  const signed = await signedInAs(test, 'admin');
  admin = signed.person;
  token = signed.tokens.access_token;
});
afterAll(async () => {
  expectCleanLogs(test.logs, [PASSWORD]);
  await test.close();
});

let count = 0;
const somebody = (more: object = {}) => {
  const username = `made${count++}`;
  return { username, email: `${username}@example.com`, password: PASSWORD, ...more };
};

const create = (body: object, by = token): Promise<Answer> =>
  test.api.post('users', body, { token: by });
const patch = ({ id }: { readonly id: string }, body: object, by = token): Promise<Answer> =>
  test.api.patch(`users/${id}`, body, { token: by });
const remove = ({ id }: { readonly id: string }, by = token): Promise<Answer> =>
  test.api.delete(`users/${id}`, { token: by });

const isLive = async ({ access_token }: Tokens): Promise<boolean> =>
  (await test.api.get('auth/me', { token: access_token })).status === 200;

const trailOf = ({ id }: { readonly id: string }) =>
  test.query(
    `SELECT action, actor_id, details, ip FROM audit_events WHERE subject_id = $1 ORDER BY id`,
    [id],
  );
const lastEvent = async (of: { readonly id: string }) => (await trailOf(of)).at(-1);

describe('creating a user with a password', () => {
  it('makes them, asks their address and says who did it', async () => {
    const wanted = somebody({ full_name: ' Ada  Lovelace ' });
    const { answer, mails, audits } = await effectsOf(test, () => create(wanted));
    const now = test.clock.now().toISOString();
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.any(String),
        username: wanted.username,
        email: wanted.email,
        is_verified: false,
        is_active: true,
        is_oauth: false,
        role: 'user',
        display_name: null,
        full_name: 'Ada  Lovelace',
        bio: null,
        avatar_url: null,
        niche_preference: null,
        is_premium: false,
        premium_until: null,
        created_at: now,
        updated_at: now,
        last_login_at: null,
      },
    ]);
    expect(mails).toEqual([`email_verification to ${wanted.email}`]);
    expect(audits).toEqual(['user_created']);
    expect(await lastEvent(answer.body)).toEqual({
      action: 'user_created',
      actor_id: admin.id,
      details: { role: 'user', invited: false },
      ip: '127.0.0.1',
    });
    const linkToken = await verificationToken(test, wanted);
    const verified = await test.api.post('auth/email/verification/confirm', { token: linkToken });
    expect(verified.status).toBe(200);
    await signIn(test, { ...wanted, id: answer.body.id });
  });

  it('may take the address for verified: no mail, and they can sign in', async () => {
    const wanted = somebody({ is_verified: true });
    const { answer, mails } = await effectsOf(test, () => create(wanted));
    expect([answer.status, answer.body.is_verified, mails]).toEqual([201, true, []]);
    await signIn(test, { ...wanted, id: answer.body.id });
  });

  it.each(['admin', 'user', 'guest'])('gives the role of %s', async (role) => {
    const { body } = await create(somebody({ role, is_verified: true }));
    expect([body.role, (await userRow(test, body)).role]).toEqual([role, role]);
    expect((await lastEvent(body)).details).toMatchObject({ role });
    await test.query(`UPDATE users SET role = 'user' WHERE id = $1`, [body.id]);
  });

  it('holds the password to the policy', async () => {
    expectInvalid(await create(somebody({ password: 'short' })), ['/password']);
    const named = somebody();
    expectInvalid(await create({ ...named, username: 'usernamed', password: 'usernamed' }), [
      '/password',
    ]);
  });

  it('is refused for what somebody has, in any case, and leaves nothing', async () => {
    const taken = await signUp(test);
    const { username, email } = taken;
    for (const [body, code] of [
      [somebody({ username: username.toUpperCase() }), 'username_taken'],
      [somebody({ email: email.toUpperCase() }), 'email_taken'],
      [somebody({ username, email }), 'username_taken'],
    ] as const) {
      const { answer, mails, audits } = await effectsOf(test, () => create(body));
      expectProblem(answer, 409, code);
      expect([mails, audits]).toEqual([[], []]);
    }
  });

  it('of sixteen at once makes one', async () => {
    const wanted = somebody();
    const answers = await sixteen(() => create(wanted));
    expect(tally(answers)).toEqual({ 201: 1, 409: 15 });
    const rows = await test.query('SELECT 1 FROM users WHERE email = $1', [wanted.email]);
    expect(rows).toHaveLength(1);
  });
});

describe('inviting a user', () => {
  const invite = (more: object = {}) => {
    const { password: _, ...body } = somebody({ send_invitation: true, ...more });
    return body;
  };

  it('mails a link that sets the first password and proves the address', async () => {
    const wanted = invite();
    const { answer, mails, audits } = await effectsOf(test, () => create(wanted));
    expect([answer.status, answer.body.is_verified]).toEqual([201, false]);
    expect(mails).toEqual([`invitation to ${wanted.email}`]);
    expect(audits).toEqual(['user_created']);
    expect((await lastEvent(answer.body)).details).toEqual({ role: 'user', invited: true });
    expect((await userRow(test, answer.body)).password_hash).toBeNull();

    const [mail] = test.inbox.of(wanted.email);
    expect(linkIn(mail!).pathname).toBe('/pages/reset-password');
    expect(mail!.text).toContain(wanted.username);
    const first = { token: tokenIn(mail!), new_password: PASSWORD };
    expect((await test.api.post('auth/password/reset/confirm', first)).status).toBe(200);
    expect(await userRow(test, answer.body)).toMatchObject({
      email_verified_at: test.clock.now(),
    });
    await signIn(test, { ...wanted, password: PASSWORD, id: answer.body.id });
    const again = await test.api.post('auth/password/reset/confirm', first);
    expectProblem(again, 400, 'invalid_token');
  });

  it('lets nobody in before the link was used', async () => {
    const wanted = invite({ is_verified: true });
    const { answer, mails } = await effectsOf(test, () => create(wanted));
    expect([answer.body.is_verified, mails]).toEqual([true, [`invitation to ${wanted.email}`]]);
    for (const password of [PASSWORD, 'null', ' ']) {
      const login = await test.api.post('auth/login', { username: wanted.username, password });
      expectProblem(login, 401, 'invalid_credentials');
    }
  });

  it('whose link has run out is no dead end: a reset sets the password too', async () => {
    const wanted = invite();
    const { body } = await create(wanted);
    await test.mailsSettled();
    test.clock.advance({ minutes: 61 });
    const late = { token: tokenIn(test.inbox.of(wanted.email)[0]!), new_password: PASSWORD };
    expectProblem(await test.api.post('auth/password/reset/confirm', late), 400, 'invalid_token');
    const fresh = { ...late, token: await resetToken(test, wanted) };
    expect((await test.api.post('auth/password/reset/confirm', fresh)).status).toBe(200);
    await signIn(test, { ...wanted, password: PASSWORD, id: body.id });
    token = (await signIn(test, admin)).access_token;
  });

  it.each([
    ['was disabled', 'is_active = false'],
    ['has a password by now', `password_hash = 'x'`],
    ['has another address by now', `email = 'moved-' || email`],
  ])('is not sent any more to somebody who %s', async (_, assignment) => {
    const wanted = invite();
    const { body } = await create(wanted);
    await test.mailsSettled();
    const account = (await test.app.get(UsersService).findById(body.id))!;
    await alter(test, body, assignment);
    const owed = await effectsOf(test, () =>
      test.app
        .get(UnitOfWork)
        .run((tx) => test.app.get(InvitationService).invite(tx, account))
        .then(() => test.api.get('health/live')),
    );
    expect(owed.mails).toEqual([]);
  });

  it.each([
    ['neither password nor invitation', { password: undefined }, ['/password']],
    ['an invitation that is none', { password: undefined, send_invitation: false }, ['/password']],
    ['both', { send_invitation: true }, ['/send_invitation']],
  ])('%s is 422 and makes nobody', async (_, more, pointers) => {
    const wanted = somebody(more);
    const { answer, mails, audits } = await effectsOf(test, () => create(wanted));
    expectInvalid(answer, pointers);
    expect([mails, audits]).toEqual([[], []]);
    expect(await test.query('SELECT 1 FROM users WHERE email = $1', [wanted.email])).toEqual([]);
  });
});

describe('mass assignment', () => {
  const NEVER = [
    'id',
    'password_hash',
    'security_stamp',
    'is_oauth',
    'is_premium',
    'premium_until',
    'customer_id',
    'created_at',
    'updated_at',
    'last_login_at',
    'email_verified_at',
    'locale',
    'isActive',
    'Role',
    'constructor',
    '__proto__x',
  ];

  it.each([...NEVER, 'is_active', 'display_name'])('creation does not take %s', async (field) => {
    const wanted = somebody();
    expectInvalid(await create({ ...wanted, [field]: 'x' }), [`/${field}`]);
    expect(await test.query('SELECT 1 FROM users WHERE email = $1', [wanted.email])).toEqual([]);
  });

  it.each([...NEVER, 'password', 'send_invitation'])(
    'no change by an admin takes %s',
    async (field) => {
      const person = await signUp(test);
      const before = await userRow(test, person);
      for (const value of ['x', null, true])
        expectInvalid(await patch(person, { bio: 'changed', [field]: value }), [`/${field}`]);
      expect(await userRow(test, person)).toEqual(before);
    },
  );
});

describe('a field', () => {
  it.each([
    ['username', ['', 'ab', 'a b', 'a@b', 'x'.repeat(51), 'a\0b', null, 7, {}, ['ada']]],
    ['email', ['', 'x', 'x@', '"a b"@example.com', `${'x'.repeat(250)}@example.com`, null, 7, []]],
    ['role', ['', 'root', 'ADMIN', null, 1, ['admin'], { admin: true }]],
    ['is_verified', ['true', 1, 0, null, '', []]],
  ])('%s is held to what it is, on creation and on change', async (field, values) => {
    const person = await signUp(test);
    const before = await userRow(test, person);
    for (const value of values) {
      expectInvalid(await create(somebody({ [field]: value })), [`/${field}`]);
      expectInvalid(await patch(person, { [field]: value }), [`/${field}`]);
    }
    expect(await userRow(test, person)).toEqual(before);
  });

  it.each([
    ['is_active', ['false', 0, null, {}]],
    ['avatar_url', ['javascript:alert(1)', 7]],
    ['display_name', ['a\nb', 'x'.repeat(101), '\ud800']],
  ])('%s likewise on change', async (field, values) => {
    for (const value of values)
      expectInvalid(await patch(admin, { [field]: value }), [`/${field}`]);
  });
});

describe('changing a user as an admin', () => {
  it('changes profile and username without ending a session', async () => {
    const { person, tokens } = await signedIn(test);
    const change = { username: `new.${person.username}`, display_name: 'Ada', bio: ' ' };
    const { answer, mails, audits } = await effectsOf(test, () => patch(person, change));
    expect([answer.status, answer.body]).toEqual([
      200,
      expect.objectContaining({ username: change.username, display_name: 'Ada', bio: null }),
    ]);
    expect([mails, audits]).toEqual([[], ['user_updated']]);
    expect(await lastEvent(person)).toEqual({
      action: 'user_updated',
      actor_id: admin.id,
      details: { fields: 'username,display_name' },
      ip: '127.0.0.1',
    });
    expect(await isLive(tokens)).toBe(true);
    expect((await test.api.get(`users/${person.id}`, { token })).body).toEqual(answer.body);
  });

  it('verifies and unverifies without mail and without ending a session', async () => {
    const { person, tokens } = await signedIn(test);
    for (const is_verified of [false, true]) {
      const { answer, mails, audits } = await effectsOf(test, () => patch(person, { is_verified }));
      expect([answer.status, answer.body.is_verified]).toEqual([200, is_verified]);
      expect([mails, audits]).toEqual([[], ['user_updated']]);
      expect((await lastEvent(person)).details).toEqual({ fields: 'is_verified' });
    }
    expect(await isLive(tokens)).toBe(true);
  });

  it('with what is so already changes nothing at all', async () => {
    const { person, tokens } = await signedIn(test);
    const { body } = await patch(person, { bio: 'here' });
    const before = await userRow(test, person);
    test.clock.advance({ seconds: 5 });
    const { username, email, role, is_active, is_verified, bio, display_name } = body;
    for (const same of [{}, { username, email, role, is_active, is_verified, bio, display_name }]) {
      const { answer, mails, audits } = await effectsOf(test, () => patch(person, same));
      expect([answer.status, answer.body, mails, audits]).toEqual([200, body, [], []]);
    }
    expect(await userRow(test, person)).toEqual(before);
    expect(await isLive(tokens)).toBe(true);
  });

  it('does several things at once, each with its event', async () => {
    const { person, tokens } = await signedIn(test);
    const change = { role: 'guest', is_active: false, email: `x.${person.email}`, bio: 'Gone.' };
    const { answer, mails, audits } = await effectsOf(test, () => patch(person, change));
    expect(answer.body).toMatchObject({ ...change, is_verified: false });
    expect(audits).toEqual(['role_changed', 'user_disabled', 'email_changed', 'user_updated']);
    expect(mails).toEqual([`email_changed to ${person.email}`]);
    expect(await isLive(tokens)).toBe(false);
  });

  it.each([
    ['username', 'username_taken'],
    ['email', 'email_taken'],
  ] as const)('refuses a taken %s, in any case, and changes nothing', async (field, code) => {
    const [person, other] = [await signUp(test), await signUp(test)];
    const before = await userRow(test, person);
    const { answer, mails, audits } = await effectsOf(test, () =>
      patch(person, { bio: 'changed', role: 'guest', [field]: other[field].toUpperCase() }),
    );
    expectProblem(answer, 409, code);
    expect([mails, audits]).toEqual([[], []]);
    expect(await userRow(test, person)).toEqual(before);
  });

  it('lets somebody change the case of their own name', async () => {
    const person = await signUp(test);
    const username = person.username.toUpperCase();
    expect((await patch(person, { username })).body.username).toBe(username);
  });

  it('of sixteen who take one username lets one have it', async () => {
    const others: Person[] = [];
    for (let n = 0; n < 16; n++) others.push(await signUp(test));
    const answers = await sixteen((n) => patch(others[n]!, { username: 'only.one' }));
    expect(tally(answers)).toEqual({ 200: 1, 409: 15 });
  });

  it.each(['0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11', 'x', 'stats'])('of %s is 404', async (id) => {
    expectProblem(await patch({ id }, { bio: 'x' }), 404, 'user_not_found');
  });
});

describe('a new address from an admin', () => {
  it('is unverified and asked; the old one is told; sessions and links end', async () => {
    const { person, tokens } = await signedIn(test);
    const reset = await resetToken(test, person);
    const email = `moved.${person.email}`;
    const { answer, mails, audits } = await effectsOf(test, () => patch(person, { email }));
    expect([answer.status, answer.body.email, answer.body.is_verified]).toEqual([
      200,
      email,
      false,
    ]);
    expect(mails).toEqual([`email_changed to ${person.email}`, `email_verification to ${email}`]);
    expect(audits).toEqual(['email_changed']);
    expect(await lastEvent(person)).toMatchObject({
      actor_id: admin.id,
      details: { verified: false },
    });
    expect(test.inbox.of(person.email).at(-1)!.text).toContain(email);
    expect(await isLive(tokens)).toBe(false);
    const confirm = { token: reset, new_password: PASSWORD };
    expectProblem(
      await test.api.post('auth/password/reset/confirm', confirm),
      400,
      'invalid_token',
    );

    const linkToken = await verificationToken(test, { email });
    await test.api.post('auth/email/verification/confirm', { token: linkToken });
    await signIn(test, { ...person, email });
  });

  it('voids the verification link of the old one', async () => {
    const person = await signUp(test);
    const linkToken = await verificationToken(test, person);
    await patch(person, { email: `moved.${person.email}` });
    const answer = await test.api.post('auth/email/verification/confirm', { token: linkToken });
    expectProblem(answer, 400, 'invalid_token');
  });

  it('counts as verified only if the admin says so', async () => {
    const { person } = await signedIn(test);
    const email = `known.${person.email}`;
    const { answer, mails } = await effectsOf(test, () =>
      patch(person, { email, is_verified: true }),
    );
    expect(answer.body).toMatchObject({ email, is_verified: true });
    expect(mails).toEqual([`email_changed to ${person.email}`]);
    expect((await lastEvent(person)).details).toEqual({ verified: true });
    await signIn(test, { ...person, email });
  });

  it('is trimmed, in lower case, and the same one is none', async () => {
    const { person, tokens } = await signedIn(test);
    const { answer, mails } = await effectsOf(test, () =>
      patch(person, { email: ` ${person.email.toUpperCase()} ` }),
    );
    expect([answer.body.is_verified, mails]).toEqual([true, []]);
    expect(await isLive(tokens)).toBe(true);
  });

  it('may be the first: then nobody is told that it was left', async () => {
    const person = await signUp(test);
    await alter(test, person, 'email = NULL, email_verified_at = NULL');
    expectInvalid(await patch(person, { is_verified: true }), ['/is_verified']);
    const email = `first.${person.email}`;
    const { answer, mails } = await effectsOf(test, () => patch(person, { email }));
    expect([answer.body.email, mails]).toEqual([email, [`email_verification to ${email}`]]);
  });
});

describe('changing yourself by id', () => {
  const PROFILE = { display_name: 'Me', full_name: 'My Self', bio: 'I.', niche_preference: 'me' };

  it.each(['user', 'guest'] as const)('is for a %s what it is at /users/me', async (role) => {
    const { person, tokens } = await signedInAs(test, role);
    const { answer, mails, audits } = await effectsOf(test, () =>
      patch(person, PROFILE, tokens.access_token),
    );
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining(PROFILE)]);
    expect([mails, audits]).toEqual([[], []]);
    const me = await test.api.get('users/me', { token: tokens.access_token });
    expect(me.body).toEqual(answer.body);
    const upper = { id: person.id.toUpperCase() };
    expect((await patch(upper, { bio: null }, tokens.access_token)).body.bio).toBeNull();
  });

  it.each([
    'username',
    'email',
    'role',
    'is_active',
    'is_verified',
    'id',
    'password',
    'password_hash',
    'is_premium',
    'created_at',
  ])('privilege escalation: %s is 400 and nothing else is changed', async (field) => {
    const { person, tokens } = await signedIn(test);
    const before = await userRow(test, person);
    for (const value of ['admin', true, null]) {
      const { answer, mails, audits } = await effectsOf(test, () =>
        patch(person, { ...PROFILE, [field]: value }, tokens.access_token),
      );
      expectProblem(answer, 400, 'protected_field');
      expect(answer.body.detail).toBe(`Cannot update '${field}'.`);
      expect([mails, audits]).toEqual([[], []]);
    }
    expect(await userRow(test, person)).toEqual(before);
  });

  it('refuses unknown fields by name', async () => {
    const { person, tokens } = await signedIn(test);
    for (const field of ['security_stamp', 'locale', 'nobody_knows'])
      expectInvalid(await patch(person, { [field]: 'x' }, tokens.access_token), [`/${field}`]);
  });

  it('as an admin goes through the trail', async () => {
    const { mails, audits } = await effectsOf(test, () => patch(admin, { bio: 'An admin.' }));
    expect([mails, audits]).toEqual([[], ['user_updated']]);
    expect(await lastEvent(admin)).toMatchObject({
      actor_id: admin.id,
      details: { fields: 'bio' },
    });
  });
});

describe('deleting a user', () => {
  it('ends the account and says farewell', async () => {
    const { person, tokens } = await signedIn(test);
    const { answer, mails, audits } = await effectsOf(test, () => remove(person));
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(mails).toEqual([`farewell to ${person.email}`]);
    expect(audits).toEqual(['user_deleted']);
    expect(await lastEvent(person)).toMatchObject({
      actor_id: admin.id,
      details: { reason: 'by_admin' },
    });
    expect(await userRow(test, person)).toBeUndefined();
    expect(await isLive(tokens)).toBe(false);
    expectProblem(await remove(person), 404, 'user_not_found');
    expectProblem(await patch(person, { bio: 'x' }), 404, 'user_not_found');
    expectProblem(await test.api.get(`users/${person.id}`, { token }), 404, 'user_not_found');
  });

  it('of sixteen at once does so once', async () => {
    const { person } = await signedIn(test);
    await test.mailsSettled();
    const before = test.inbox.of(person.email).length;
    expect(tally(await sixteen(() => remove(person)))).toEqual({ 204: 1, 404: 15 });
    await test.mailsSettled();
    expect(test.inbox.of(person.email)).toHaveLength(before + 1);
  });

  it.each(['0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11', 'x', 'null'])('%s is 404', async (id) => {
    expectProblem(await remove({ id }), 404, 'user_not_found');
  });
});

describe('whoever is no admin', () => {
  it.each(['user', 'guest'] as const)('a %s may do nothing of it to others', async (role) => {
    const { person, tokens } = await signedInAs(test, role);
    const { access_token } = tokens;
    const before = await userRow(test, admin);
    const { mails, audits } = await effectsOf(test, async () => {
      expectProblem(await create(somebody(), access_token), 403, 'forbidden');
      expectProblem(await create({}, access_token), 403, 'forbidden');
      expectProblem(await remove(person, access_token), 403, 'forbidden');
      expectProblem(await patch({ id: 'x' }, { bio: 'x' }, access_token), 403, 'forbidden');
      expectProblem(await patch(admin, { role: 'user' }, access_token), 403, 'forbidden');
      expectProblem(await patch(admin, { nonsense: 1 }, access_token), 403, 'forbidden');
      return remove(admin, access_token);
    });
    expect([mails, audits]).toEqual([[], []]);
    expect(await userRow(test, admin)).toEqual(before);
  });

  it('nor anybody without a token', async () => {
    expectProblem(await test.api.post('users', somebody()), 401, 'unauthenticated');
    expectProblem(await test.api.patch(`users/${admin.id}`, {}), 401, 'unauthenticated');
    expectProblem(await test.api.delete(`users/${admin.id}`), 401, 'unauthenticated');
  });
});

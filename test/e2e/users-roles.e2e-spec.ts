import type { Answer } from '../support/api';
import { alter, effectsOf, userRow } from '../support/effects';
import { emailChangeToken, resetToken } from '../support/links';
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
import { expectCleanLogs, expectProblem } from '../support/problems';
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
  expectCleanLogs(test.logs);
  await test.close();
});

const patch = ({ id }: { readonly id: string }, body: object, by = token): Promise<Answer> =>
  test.api.patch(`users/${id}`, body, { token: by });

const users = ({ access_token }: Tokens): Promise<Answer> =>
  test.api.get('users', { token: access_token });
const me = ({ access_token }: Tokens): Promise<Answer> =>
  test.api.get('users/me', { token: access_token });
const refresh = ({ refresh_token }: Tokens): Promise<Answer> =>
  test.api.post('auth/refresh', { refresh_token });
const login = ({ username, password }: Person): Promise<Answer> =>
  test.api.post('auth/login', { username, password });

const eventsOf = ({ id }: { readonly id: string }) =>
  test.query(
    `SELECT action, actor_id, details FROM audit_events
     WHERE subject_id = $1 AND action = ANY('{role_changed,user_disabled,user_enabled}')
     ORDER BY id`,
    [id],
  );

/** What ends everything that somebody held. */
const ENDINGS: readonly (readonly [string, object, string])[] = [
  ['a new role', { role: 'guest' }, 'role_changed'],
  ['a promotion too', { role: 'admin' }, 'role_changed'],
  ['disabling', { is_active: false }, 'user_disabled'],
];

describe.each(ENDINGS)('%s', (_, change, action) => {
  it('ends every session by the very next request, and mails nobody', async () => {
    const { person, tokens } = await signedIn(test);
    const second = await signIn(test, person);
    const { answer, mails, audits } = await effectsOf(test, () => patch(person, change));
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining(change)]);
    expect([mails, audits]).toEqual([[], [action]]);
    for (const held of [tokens, second]) {
      expectProblem(await me(held), 401, 'invalid_access_token');
      expectProblem(await users(held), 401, 'invalid_access_token');
      expectProblem(await refresh(held), 401, 'invalid_refresh_token');
    }
    await alter(test, person, `role = 'user'`);
  });

  it('voids every link in the mails before', async () => {
    const { person, tokens } = await signedIn(test);
    const reset = await resetToken(test, person);
    const move = await emailChangeToken(test, person, tokens, `new-${person.email}`);
    await patch(person, change);
    for (const [path, body] of [
      ['auth/password/reset/confirm', { token: reset, new_password: PASSWORD }],
      ['auth/email/change/confirm', { token: move }],
    ] as const)
      expectProblem(await test.api.post(path, body), 400, 'invalid_token');
    await alter(test, person, `role = 'user'`);
  });

  it('of sixteen at once happens once, and is told once', async () => {
    const person = await signUp(test);
    const before = await userRow(test, person);
    const answers = await sixteen(() => patch(person, change));
    expect(tally(answers)).toEqual({ 200: 16 });
    expect((await eventsOf(person)).map((event) => event.action)).toEqual([action]);
    expect((await userRow(test, person)).security_stamp).not.toBe(before.security_stamp);
    await alter(test, person, `role = 'user'`);
  });
});

describe('a role', () => {
  it('counts from the next sign-in on, up and down', async () => {
    const { person, tokens } = await signedIn(test);
    expect((await users(tokens)).body[0]).not.toHaveProperty('email');
    await patch(person, { role: 'admin' });
    const asAdmin = await signIn(test, person);
    expect((await users(asAdmin)).body[0]).toHaveProperty('email');
    await patch(person, { role: 'guest' });
    expectProblem(await users(asAdmin), 401, 'invalid_access_token');
    const asGuest = await signIn(test, person);
    expectProblem(await users(asGuest), 403, 'forbidden');
    expect(await eventsOf(person)).toEqual([
      { action: 'role_changed', actor_id: admin.id, details: { from: 'user', to: 'admin' } },
      { action: 'role_changed', actor_id: admin.id, details: { from: 'admin', to: 'guest' } },
    ]);
  });

  it('is what the database says and not what the token says', async () => {
    const { person, tokens } = await signedInAs(test, 'admin');
    expect((await users(tokens)).status).toBe(200);
    await alter(test, person, `role = 'guest'`);
    expectProblem(await users(tokens), 403, 'forbidden');
    expectProblem(await patch(admin, { role: 'user' }, tokens.access_token), 403, 'forbidden');
  });

  it('can be laid down by an admin, who is answered and then out', async () => {
    const { person, tokens } = await signedInAs(test, 'admin');
    const answer = await patch(person, { role: 'user' }, tokens.access_token);
    expect([answer.status, answer.body.role]).toEqual([200, 'user']);
    expectProblem(await me(tokens), 401, 'invalid_access_token');
    expect(await eventsOf(person)).toMatchObject([{ actor_id: person.id }]);
  });
});

describe('a disabled user', () => {
  it('is refused sign-in and reset, and enabling revives nothing that was', async () => {
    const { person, tokens } = await signedIn(test);
    const reset = await resetToken(test, person);
    await patch(person, { is_active: false });
    expectProblem(await login(person), 403, 'account_disabled');
    const { mails } = await effectsOf(test, () =>
      test.api.post('auth/password/reset/request', { email: person.email }),
    );
    expect(mails).toEqual([]);

    const { answer, audits } = await effectsOf(test, () => patch(person, { is_active: true }));
    expect([answer.body.is_active, audits]).toEqual([true, ['user_enabled']]);
    expectProblem(await me(tokens), 401, 'invalid_access_token');
    expectProblem(await refresh(tokens), 401, 'invalid_refresh_token');
    const confirm = { token: reset, new_password: PASSWORD };
    expectProblem(
      await test.api.post('auth/password/reset/confirm', confirm),
      400,
      'invalid_token',
    );
    expect((await me(await signIn(test, person))).status).toBe(200);
  });

  it('does not come back to their sessions, however they were disabled', async () => {
    const { person, tokens } = await signedIn(test);
    await alter(test, person, 'is_active = false');
    expectProblem(await me(tokens), 401, 'invalid_access_token');
    await patch(person, { is_active: true });
    expectProblem(await me(tokens), 401, 'invalid_access_token');
  });

  it('may be changed, and stays disabled', async () => {
    const { person } = await signedIn(test);
    await patch(person, { is_active: false });
    const email = `later.${person.email}`;
    const { answer, mails } = await effectsOf(test, () => patch(person, { role: 'guest', email }));
    expect(answer.body).toMatchObject({ role: 'guest', email, is_active: false });
    // Nobody who cannot sign in is asked to verify.
    expect(mails).toEqual([`email_changed to ${person.email}`]);
  });
});

describe('sixteen at once', () => {
  it('refresh while the role changes, and no session outlives it', async () => {
    const { person } = await signedIn(test);
    const held: Tokens[] = [];
    for (let n = 0; n < 15; n++) held.push(await signIn(test, person));
    const answers = await sixteen((n) =>
      n === 7 ? patch(person, { role: 'guest' }) : refresh(held[n % 15]!),
    );
    expect(answers[7]!.status).toBe(200);
    for (const { status, body } of answers.filter((_, n) => n !== 7)) {
      expect([200, 401]).toContain(status);
      if (status === 200) expectProblem(await me(body), 401, 'invalid_access_token');
    }
    for (const tokens of held) expectProblem(await me(tokens), 401, 'invalid_access_token');
  });

  it('change, disable and rename one user, and the trail adds up to what they are', async () => {
    const person = await signUp(test);
    const roles = ['guest', 'user'];
    const answers = await sixteen((n) =>
      n % 2 === 0
        ? patch(person, { role: roles[(n / 2) % 2] })
        : patch(person, { is_active: n % 4 === 1 }),
    );
    expect(tally(answers)).toEqual({ 200: 16 });
    const { role, is_active } = await userRow(test, person);
    let [seenRole, isActive] = ['user', true];
    for (const { action, details } of await eventsOf(person)) {
      if (action === 'role_changed') {
        expect(details.from).toBe(seenRole);
        seenRole = details.to;
      } else {
        expect(isActive).toBe(action === 'user_disabled');
        isActive = action === 'user_enabled';
      }
    }
    expect([seenRole, isActive]).toEqual([role, is_active]);
  });
});

import { UserDeletion } from '../../src/auth/deletion/user-deletion';
import { UnitOfWork } from '../../src/database/unit-of-work';
import { MailDelivery } from '../../src/mail/mail-delivery';
import { MailTransport } from '../../src/mail/message';
import { RetentionService } from '../../src/retention/retention.service';
import type { Answer } from '../support/api';
import { CookieBrowser } from '../support/cookies';
import { alter, effectsOf, userRow } from '../support/effects';
import { linkWith, type OAuthTestApp, signedInWith, startOAuthApp } from '../support/oauth-app';
import { resetToken } from '../support/links';
import {
  PASSWORD,
  type Person,
  signedIn,
  signedInAs,
  signIn,
  signUp,
  signUpVerified,
  sixteen,
  tally,
  type Tokens,
} from '../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../support/problems';
import { standstill } from '../support/standstill';
import { UserAgent } from '../support/providers/user-agent';
import { until } from '../support/until';

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp({ REGISTRATION_HIDES_ACCOUNTS: 'false' });
});
afterAll(() => test.close());

const remove = ({ access_token: token }: Tokens, json?: object): Promise<Answer> =>
  test.api.delete('users/me', { token, json });

const isLive = async ({ access_token: token }: Tokens): Promise<boolean> =>
  (await test.api.get('auth/me', { token })).status === 200;

/** Tables of the database in which this text is anywhere, with how many rows have it. */
async function traces(text: string): Promise<Record<string, number>> {
  const tables = await test.query(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const found: Record<string, number> = {};
  for (const { name } of tables) {
    const sql = `SELECT count(*)::int AS count FROM "${name}" t WHERE t::text ILIKE $1`;
    const [{ count }] = await test.query(sql, [`%${text}%`]);
    if (count > 0) found[name] = count;
  }
  return found;
}

const trailOf = ({ id }: { readonly id: string }) =>
  test.query('SELECT * FROM audit_events WHERE subject_id = $1 OR actor_id = $1 ORDER BY id', [id]);

/** A mail that is owed, and in no queue. */
const owe = (kind: string, to: string, person: Pick<Person, 'id'> | null) =>
  test.query(
    `INSERT INTO mail_outbox (id, kind, recipient, user_id, locale, values, created_at)
     VALUES (gen_random_uuid(), $1, $2, $3, 'en', '{"username": "ada", "new_email": "new"}', $4)`,
    [kind, to, person?.id ?? null, test.clock.now()],
  );

/** One after the other. */
async function deliverAll(address: string): Promise<void> {
  const rows = await test.query('SELECT id FROM mail_outbox WHERE recipient = $1', [address]);
  for (const { id } of rows) await test.app.get(MailDelivery, { strict: false }).deliver(id);
}

/** Somebody with a row in every table that knows people. */
async function knownEverywhere(): Promise<{ person: Person; tokens: Tokens }> {
  const { person, tokens } = await signedIn(test);
  await signIn(test, person);
  test.github.person.subject = Number.parseInt(person.id.slice(-8), 16);
  const journey = await linkWith(test, 'github', tokens);
  expect(journey.answer.headers.get('location')).toContain('linked=github');
  await test.query(
    `INSERT INTO subscriptions (user_id, customer_id) VALUES ($1, 'cus_${person.username}')`,
    [person.id],
  );
  await test.api.post('auth/login', { username: person.username, password: 'wrong password' });
  await resetToken(test, person);
  const change = { new_email: `new-${person.email}`, password: PASSWORD };
  const { access_token: token } = tokens;
  expect((await test.api.post('auth/email/change', change, { token })).status).toBe(200);
  await test.mailsSettled();
  return { person, tokens };
}

describe('deleting your account', () => {
  it('ends it, and everything that names you; a farewell is mailed', async () => {
    const { person, tokens } = await knownEverywhere();
    const other = await signUpVerified(test);
    const others = await test.query('SELECT * FROM users WHERE id = $1', [other.id]);

    const { answer, mails, audits } = await effectsOf(test, () =>
      remove(tokens, { password: PASSWORD }),
    );

    expect([answer.status, answer.body]).toEqual([
      200,
      { message: expect.any(String), success: true },
    ]);
    expect(mails).toEqual([`farewell to ${person.email}`]);
    expect(audits).toEqual(['user_deleted']);
    expect(await traces(person.username)).toEqual({});
    expect(await traces(person.email)).toEqual({});
    expect(Object.keys(await traces(person.id))).toEqual(['audit_events']);
    expect(await test.query('SELECT * FROM users WHERE id = $1', [other.id])).toEqual(others);
    expect(
      await test.query('SELECT 1 FROM mail_outbox WHERE user_id = $1', [other.id]),
    ).not.toEqual([]);
    const farewell = test.inbox.of(person.email).at(-1)!;
    expect(farewell.text).toContain(person.username);
    expect(farewell.text).not.toContain('token=');
    expectCleanLogs(test.logs, [person.email]);
  });

  it('leaves the trail of what happened, with ids and nothing else of theirs', async () => {
    const { person, tokens } = await knownEverywhere();
    const before = await trailOf(person);
    expect(before.filter(({ ip }) => ip !== null)).toHaveLength(before.length);
    await remove(tokens, { password: PASSWORD });
    const after = await trailOf(person);
    expect(after.slice(0, -1)).toEqual(
      before.map((row) => ({ ...row, ip: null, user_agent: null, request_id: null })),
    );
    expect(after.at(-1)).toMatchObject({
      action: 'user_deleted',
      actor_id: person.id,
      subject_id: person.id,
      ip: null,
      user_agent: null,
      request_id: null,
      details: { reason: 'own_wish' },
    });
  });

  it('of a much attacked account cleans ten thousand events, and leaves the rest to the retention', async () => {
    const { person, tokens } = await signedIn(test);
    await test.query(
      `INSERT INTO audit_events (id, action, subject_id, ip, created_at)
       SELECT gen_random_uuid(), 'sign_in_failed', $1, '192.0.2.1', $2
       FROM generate_series(1, 12001)`,
      [person.id, test.clock.now()],
    );
    const all = (await trailOf(person)).length + 1;
    expect((await remove(tokens, { password: PASSWORD })).status).toBe(200);
    const left = async () =>
      (await trailOf(person)).filter(({ ip, request_id }) => ip !== null || request_id !== null);
    expect(await left()).toHaveLength(all - 10_000);
    await test.app.get(RetentionService).run();
    expect(await left()).toEqual([]);
    expect(await trailOf(person)).toHaveLength(all);
  });

  it('ends every session, token and link at once', async () => {
    const { person, tokens } = await signedIn(test);
    const second = await signIn(test, person);
    const token = await resetToken(test, person);
    expect((await remove(tokens, { password: PASSWORD })).status).toBe(200);

    expect([await isLive(tokens), await isLive(second)]).toEqual([false, false]);
    const { refresh_token } = second;
    expectProblem(
      await test.api.post('auth/refresh', { refresh_token }),
      401,
      'invalid_refresh_token',
    );
    const reset = { token, new_password: PASSWORD };
    expectProblem(await test.api.post('auth/password/reset/confirm', reset), 400, 'invalid_token');
    const { username, password } = person;
    const login = await test.api.post('auth/login', { username, password });
    expectProblem(login, 401, 'invalid_credentials');
  });

  it('frees username and address for a new account that inherits nothing', async () => {
    const { person, tokens } = await knownEverywhere();
    await remove(tokens, { password: PASSWORD });
    await test.mailsSettled();
    const successor = await signUp(test, person.username);
    expect(successor.id).not.toBe(person.id);
    await alter(test, successor, 'email_verified_at = now()');
    const { access_token: token } = await signIn(test, successor);
    const linked = await test.api.get('users/me/linked-accounts', { token });
    expect(linked.body).toMatchObject({ count: 0, has_password: true });
  });

  it('mails nobody where there is no address', async () => {
    const { person, tokens } = await signedIn(test);
    await alter(test, person, 'email = NULL');
    const { answer, mails } = await effectsOf(test, () => remove(tokens, { password: PASSWORD }));
    expect([answer.status, mails]).toEqual([200, []]);
  });

  it('keeps no farewell that a mail server refuses for good', async () => {
    const { person, tokens } = await signedIn(test);
    await test.mailsSettled();
    test.inbox.refusals = 1;
    test.inbox.refusalCode = 550;
    await remove(tokens, { password: PASSWORD });
    await test.mailsSettled();
    expect(await traces(person.email)).toEqual({});
  });

  it('leaves the mails of others, though they went to an address that is theirs now', async () => {
    const { person, tokens } = await signedIn(test);
    const other = await signUpVerified(test);
    await test.query('UPDATE mail_outbox SET recipient = $2 WHERE user_id = $1', [
      other.id,
      person.email,
    ]);
    await owe('already_registered', person.email, null);
    await remove(tokens, { password: PASSWORD });
    await test.mailsSettled();
    const left = await test.query('SELECT user_id FROM mail_outbox WHERE recipient = $1', [
      person.email,
    ]);
    expect(left).toEqual([{ user_id: other.id }]);
  });

  it('leaves the mails of nobody in particular to an address that was never proven', async () => {
    const person = await signUp(test);
    await test.mailsSettled();
    await owe('already_registered', person.email, null);
    await deliverAll(person.email);
    const deletion = test.app.get(UserDeletion, { strict: false });
    const cause = { actorId: null, client: null, reason: 'by_operator' } as const;
    const seen = { id: person.id, role: 'user' } as const;
    await test.app.get(UnitOfWork).run((tx) => deletion.delete(tx, seen, cause));
    await test.mailsSettled();
    const left = await test.query('SELECT kind FROM mail_outbox WHERE recipient = $1', [
      person.email,
    ]);
    expect(left).toEqual([{ kind: 'already_registered' }]);
  });

  it('clears the cookies of whoever came with cookies', async () => {
    const browser = await CookieBrowser.signedIn(test, await signUpVerified(test));
    const forged = await browser.call('DELETE', 'users/me', {
      json: { password: PASSWORD },
      headers: { 'x-csrf-token': 'nonsense' },
    });
    expectProblem(forged, 403, 'csrf_token_invalid');
    const answer = await browser.call('DELETE', 'users/me', { json: { password: PASSWORD } });
    expect(answer.status).toBe(200);
    expect(browser.kept).toEqual([]);
  });
});

describe('a hijacker who moved the account to their own address, and deletes it', () => {
  const NOTICES = ['email_change_notice', 'email_changed'] as const;

  /** As it is when the notices are still owed; and what was sent to the old address before. */
  async function hijacked(): Promise<{ person: Person; tokens: Tokens; old: string }> {
    const { person, tokens } = await signedIn(test);
    await test.mailsSettled();
    const old = person.email;
    await alter(test, person, 'email = $2', `thief-${old}`);
    for (const kind of NOTICES) await owe(kind, old, person);
    await owe('email_change_notice', `thief-${old}`, person);
    await owe('password_changed', old, person);
    return { person, tokens, old };
  }

  const mailsTo = (address: string) =>
    test.query(`SELECT kind, user_id FROM mail_outbox WHERE recipient = $1 ORDER BY kind`, [
      address,
    ]);

  it('does not silence what the old one is owed; once sent it leaves no trace', async () => {
    const { tokens, old } = await hijacked();
    expect((await remove(tokens, { password: PASSWORD })).status).toBe(200);
    expect(await mailsTo(old)).toEqual(NOTICES.map((kind) => ({ kind, user_id: null })));
    const before = test.inbox.of(old).length;
    await deliverAll(old);
    expect(test.inbox.of(old)).toHaveLength(before + 2);
    await test.mailsSettled();
    expect(await traces(old)).toEqual({});
  });

  it('nor does the notice leave a trace where it is refused for good', async () => {
    const { tokens, old } = await hijacked();
    await remove(tokens, { password: PASSWORD });
    await until(async () => (await mailsTo(`thief-${old}`)).length === 0);
    test.inbox.refusals = 2;
    test.inbox.refusalCode = 550;
    await deliverAll(old);
    expect(await traces(old)).toEqual({});
  });

  it('nor where the account goes while it is being sent', async () => {
    const { tokens, old } = await hijacked();
    const transport = test.app.get(MailTransport, { strict: false });
    let sent!: () => void;
    const send = jest.spyOn(transport, 'send');
    send.mockReturnValueOnce(new Promise<void>((resolve) => (sent = resolve)));
    const delivered = deliverAll(old);
    await until(() => send.mock.calls.length === 1);
    await remove(tokens, { password: PASSWORD });
    sent();
    await delivered;
    send.mockRestore();
    await test.mailsSettled();
    expect(await traces(old)).toEqual({});
  });
});

describe('what proves that you mean it', () => {
  it.each([
    ['4:59', 299, true],
    ['5:01', 301, false],
  ])('a sign-in %s minutes ago', async (_, seconds, isEnough) => {
    const { person, tokens } = await signedIn(test);
    test.clock.advance({ seconds });
    const { answer, mails, audits } = await effectsOf(test, () => remove(tokens));
    if (isEnough) expect([answer.status, await userRow(test, person)]).toEqual([200, undefined]);
    else {
      expectProblem(answer, 403, 'reauthentication_required');
      expect([mails, audits]).toEqual([[], []]);
      expect(await isLive(tokens)).toBe(true);
    }
  });

  it('not a refresh', async () => {
    const { tokens } = await signedIn(test);
    test.clock.advance({ minutes: 6 });
    const { refresh_token } = tokens;
    const refreshed: Tokens = (await test.api.post('auth/refresh', { refresh_token })).body;
    expectProblem(await remove(refreshed), 403, 'reauthentication_required');
  });

  it('not the fresh sign-in of another session', async () => {
    const { person, tokens } = await signedIn(test);
    test.clock.advance({ minutes: 6 });
    await signIn(test, person);
    expectProblem(await remove(tokens), 403, 'reauthentication_required');
  });

  it('never a wrong password, however fresh the sign-in', async () => {
    const { person, tokens } = await signedIn(test);
    const { answer, mails, audits } = await effectsOf(test, () =>
      remove(tokens, { password: 'wrong password' }),
    );
    expectProblem(answer, 400, 'wrong_password', ['wrong password']);
    expect([mails, audits]).toEqual([[], []]);
    expect(await userRow(test, person)).toBeDefined();
  });

  it('for somebody who signs in with a provider, signing in there again', async () => {
    test.google.person.subject = 'only-google';
    test.google.person.email = 'only-google@example.com';
    const { tokens, user } = await signedInWith(test, 'google');
    expectProblem(await remove(tokens, { password: PASSWORD }), 400, 'wrong_password');
    test.clock.advance({ minutes: 6 });
    expectProblem(await remove(tokens), 403, 'reauthentication_required');
    const again = await signedInWith(test, 'google');
    const { answer, mails } = await effectsOf(test, () => remove(again.tokens));
    expect([answer.status, mails]).toEqual([200, ['farewell to only-google@example.com']]);
    expect(await traces('only-google')).toEqual({});
    expect(await userRow(test, user)).toBeUndefined();
  });

  it('and nobody without a session', async () => {
    expectProblem(await test.api.delete('users/me'), 401, 'unauthenticated');
  });

  it.each([
    ['an unknown field', { reason: 'bored' }, ['/reason']],
    ['an empty password', { password: '' }, ['/password']],
    ['a password that is no text', { password: 7 }, ['/password']],
    ['a password with NUL in it', { password: 'nu\0l' }, ['/password']],
    ['a password with half a character', { password: 'half \ud800' }, ['/password']],
    ['a password beyond all measure', { password: 'x'.repeat(1025) }, ['/password']],
  ])('%s is told', async (_, body, pointers) => {
    const { tokens } = await signedIn(test);
    expectInvalid(await remove(tokens, body), pointers);
    expect(await isLive(tokens)).toBe(true);
  });
});

describe('the last active admin', () => {
  const asAdmin = () => signedInAs(test, 'admin');
  afterEach(() => test.query(`UPDATE users SET role = 'user'`));

  it('cannot go, and nothing of them is gone', async () => {
    const { person, tokens } = await asAdmin();
    const before = [await userRow(test, person), await trailOf(person), await traces(person.email)];
    const { answer, mails, audits } = await effectsOf(test, () =>
      remove(tokens, { password: PASSWORD }),
    );
    expectProblem(answer, 409, 'last_admin');
    expect([mails, audits]).toEqual([[], []]);
    expect([
      await userRow(test, person),
      await trailOf(person),
      await traces(person.email),
    ]).toEqual(before);
    expect(await isLive(tokens)).toBe(true);
  });

  it('a disabled one does not count', async () => {
    const { tokens } = await asAdmin();
    const { person: disabled } = await asAdmin();
    await alter(test, disabled, 'is_active = false');
    expectProblem(await remove(tokens, { password: PASSWORD }), 409, 'last_admin');
  });

  it('is left over when all go at once', async () => {
    const admins: { tokens: Tokens }[] = [];
    for (let n = 0; n < 16; n++) admins.push(await asAdmin());
    const answers = await sixteen((n) => remove(admins[n]!.tokens, { password: PASSWORD }));
    expect(tally(answers)).toEqual({ 200: 15, 409: 1 });
    const left = await test.query(`SELECT id FROM users WHERE role = 'admin' AND is_active`);
    expect(left).toHaveLength(1);
  });
});

describe('sixteen at once', () => {
  it('delete one account once', async () => {
    const { person, tokens } = await signedIn(test);
    await test.mailsSettled();
    const mails = test.inbox.of(person.email).length;
    const answers = await sixteen(() => remove(tokens));
    expect(tally(answers)).toEqual({ 200: 1, 401: 15 });
    await test.mailsSettled();
    expect(test.inbox.of(person.email)).toHaveLength(mails + 1);
    const deletions = (await trailOf(person)).filter(({ action }) => action === 'user_deleted');
    expect(deletions).toHaveLength(1);
  });

  it('sign in, refresh and change while the account goes, and nothing comes back', async () => {
    const { person, tokens } = await knownEverywhere();
    const { access_token: token, refresh_token } = tokens;
    const { username, password } = person;
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => {
        if (n === 4) return remove(tokens, { password });
        if (n % 4 === 0) return test.api.post('auth/login', { username, password });
        if (n % 4 === 1) return test.api.post('auth/refresh', { refresh_token });
        if (n % 4 === 2) return test.api.patch('users/me', { bio: 'still here' }, { token });
        return test.api.post('auth/logout-all', undefined, { token });
      }),
    );
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    await test.mailsSettled();
    if (answers[4]!.status === 200) expect(await traces(username)).toEqual({});
    else expect(answers[4]!.status).toBe(401);
  });
});

describe('a request that meets the deletion in the row of the user, and comes second', () => {
  async function meetDeletion(
    request: (person: Person, tokens: Tokens) => Promise<Answer>,
  ): Promise<Answer> {
    const { person, tokens } = await knownEverywhere();
    const held = await standstill(test, `SELECT FROM users WHERE id = '${person.id}' FOR UPDATE`);
    const deletion = await held.queue(() => remove(tokens, { password: PASSWORD }));
    const second = await held.queue(() => request(person, tokens));
    await held.release();
    expect((await deletion.answer).status).toBe(200);
    const answer = await second.answer;
    await test.mailsSettled();
    expect(await traces(person.username)).toEqual({});
    return answer;
  }

  it.each<readonly [string, number, string, (p: Person, t: Tokens) => Promise<Answer>]>([
    [
      'signs in',
      401,
      'invalid_credentials',
      ({ username, password }) => test.api.post('auth/login', { username, password }),
    ],
    [
      'asks for another address',
      401,
      'invalid_access_token',
      ({ username }, { access_token: token }) =>
        test.api.post(
          'auth/email/change',
          { new_email: `later-${username}@example.com`, password: PASSWORD },
          { token },
        ),
    ],
    [
      'changes the profile',
      404,
      'user_not_found',
      (_, { access_token: token }) => test.api.patch('users/me', { bio: 'here' }, { token }),
    ],
    [
      'changes the password',
      400,
      'wrong_password',
      (_, { access_token: token }) =>
        test.api.post(
          'auth/password/change',
          { current_password: PASSWORD, new_password: 'a better battery' },
          { token },
        ),
    ],
    [
      'deletes the account too',
      401,
      'invalid_access_token',
      (_, tokens) => remove(tokens, { password: PASSWORD }),
    ],
  ])('%s: %d %s', async (_, status, code, request) => {
    expectProblem(await meetDeletion(request), status, code);
  });

  it('signs out: that is done', async () => {
    const answer = await meetDeletion((_, { access_token: token }) =>
      test.api.post('auth/logout', {}, { token }),
    );
    expect(answer.status).toBe(200);
  });

  it('links a provider: the session that asked has ended', async () => {
    const answer = await meetDeletion(async (_, tokens) => {
      test.google.person.subject = 'latecomer';
      return (await linkWith(test, 'google', tokens)).answer;
    });
    expect(answer.headers.get('location')).toContain('error=unauthenticated');
    expect(await traces('latecomer')).toEqual({});
  });

  it('signs in with a provider: that makes a new account, without anything of the old', async () => {
    const subject = 815_000_001;
    Object.assign(test.github.person, { subject, email: 'phoenix@example.com' });
    const first = await signedInWith(test, 'github');
    const held = await standstill(
      test,
      `SELECT FROM users WHERE id = '${first.user.id}' FOR UPDATE`,
    );
    const deletion = await held.queue(() => remove(first.tokens));
    const second = await held.queue(() => signedInWith(test, 'github', new UserAgent()));
    await held.release();
    expect((await deletion.answer).status).toBe(200);
    const { user } = await second.answer;
    expect(user).toMatchObject({ email: 'phoenix@example.com', is_oauth: true });
    expect(user.id).not.toBe(first.user.id);
    expect(await userRow(test, first.user)).toBeUndefined();
  });
});

it('deletes nothing for a session that a password reset ended at that moment', async () => {
  const { person, tokens } = await signedIn(test);
  const token = await resetToken(test, person);
  const held = await standstill(test, `SELECT FROM users WHERE id = '${person.id}' FOR UPDATE`);
  const reset = await held.queue(() =>
    test.api.post('auth/password/reset/confirm', { token, new_password: 'a better battery' }),
  );
  const deletion = await held.queue(() => remove(tokens));
  await held.release();
  expect((await reset.answer).status).toBe(200);
  expectProblem(await deletion.answer, 401, 'invalid_access_token');
  expect(await userRow(test, person)).toBeDefined();
});

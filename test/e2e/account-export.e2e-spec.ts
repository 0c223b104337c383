import { alter, effectsOf } from '../support/effects';
import { linkWith, type OAuthTestApp, startOAuthApp } from '../support/oauth-app';
import { resetToken } from '../support/links';
import {
  PASSWORD,
  type Person,
  signedIn,
  signedInAs,
  signIn,
  type Tokens,
} from '../support/people';
import { expectProblem } from '../support/problems';

let test: OAuthTestApp;
beforeAll(async () => {
  test = await startOAuthApp();
});
afterAll(() => test.close());

const download = ({ access_token: token }: Tokens) => test.api.get('users/me/export', { token });

/** Every secret that rows about a person hold. */
async function secretsOf({ id }: Person): Promise<string[]> {
  const [user] = await test.query('SELECT * FROM users WHERE id = $1', [id]);
  const sessions = await test.query('SELECT * FROM sessions WHERE user_id = $1', [id]);
  return [
    user.password_hash,
    user.security_stamp,
    ...sessions.flatMap((session) => [
      session.security_stamp,
      session.refresh_jti,
      session.previous_jti,
      session.exchange_code_hash,
    ]),
  ].filter((secret): secret is string => typeof secret === 'string');
}

describe('taking everything along', () => {
  it('is a JSON file with all that is held about you, and is in the audit trail', async () => {
    const { person, tokens } = await signedIn(test);
    const { access_token: token } = tokens;
    await test.api.patch(
      'users/me',
      { full_name: 'Ada Lovelace', bio: '"Poetical"\nscience' },
      { token },
    );
    await test.query(
      `INSERT INTO subscriptions (user_id, customer_id, plan_id, status, premium_until, occurred_at)
       VALUES ($1, 'cus_1', 'plan_1', 'active', '2031-01-01Z', '2029-12-31Z')`,
      [person.id],
    );
    test.github.person.subject = 4242;
    await linkWith(test, 'github', tokens);
    const second = await signIn(test, person);
    await test.api.post('auth/logout', {}, { token: second.access_token });
    await test.api.post('auth/login', { username: person.username, password: 'wrong password' });
    await resetToken(test, person);

    const { answer, mails, audits } = await effectsOf(test, () => download(tokens));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="gatehouse-export-2030-01-01\.json"$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect([mails, audits]).toEqual([[], ['data_exported']]);
    const me = await test.api.get('users/me', { token });
    expect(answer.body).toEqual({
      format: 1,
      exported_at: test.clock.now().toISOString(),
      profile: { ...me.body, locale: 'en' },
      subscription: {
        customer_id: 'cus_1',
        plan_id: 'plan_1',
        subscription_id: null,
        subscription_status: 'active',
        subscription_last_renew: null,
        subscription_next_renew: null,
        premium_until: '2031-01-01T00:00:00.000Z',
        is_premium: true,
        occurred_at: '2029-12-31T00:00:00.000Z',
      },
      linked_accounts: [
        {
          provider: 'github',
          subject: '4242',
          email: expect.any(String),
          linked_at: expect.any(String),
          last_used_at: expect.any(String),
        },
      ],
      sessions: expect.any(Array),
      mails: expect.any(Array),
      security_events: expect.any(Array),
    });
    expect(answer.body.sessions).toEqual([
      expect.objectContaining({ revoked_at: null, ip: '127.0.0.1', method: 'password' }),
      expect.objectContaining({ revoked_at: test.clock.now().toISOString(), user_agent: 'node' }),
    ]);
    expect(
      answer.body.mails.map((mail: { kind: string; address: string }) => [mail.kind, mail.address]),
    ).toEqual([
      ['email_verification', person.email],
      ['sign_in_method_linked', person.email],
      ['password_reset', person.email],
    ]);
    expect(answer.body.security_events.map(({ action }: { action: string }) => action)).toEqual([
      'data_exported',
      'sign_in_failed',
      'signed_out',
      'sign_in_succeeded',
      'identity_linked',
      'sign_in_succeeded',
      'email_verified',
      'user_registered',
    ]);
  });

  it('holds nothing that proves who you are, and no mail’s content', async () => {
    const { person, tokens } = await signedIn(test);
    const { refresh_token } = tokens;
    const refreshed: Tokens = (await test.api.post('auth/refresh', { refresh_token })).body;
    const { text } = await download(refreshed);
    const secrets = await secretsOf(person);
    expect(secrets.length).toBeGreaterThan(4);
    for (const secret of [...secrets, PASSWORD]) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/eyJ|argon2|stamp|jti|hash|"values"|last_error/);
  });

  it('tells no mails of others to an address that is yours now, or that you never proved', async () => {
    const { person, tokens } = await signedIn(test);
    const other = await signedIn(test);
    await test.mailsSettled();
    await test.query('UPDATE mail_outbox SET recipient = $2 WHERE user_id = $1', [
      other.person.id,
      person.email,
    ]);
    await test.query(
      `INSERT INTO mail_outbox (id, kind, recipient, locale, values, created_at, sent_at)
       VALUES (gen_random_uuid(), 'already_registered', $1, 'en', '{}', $2, $2)`,
      [person.email, test.clock.now()],
    );
    const kinds = async () =>
      (await download(tokens)).body.mails.map(({ kind }: { kind: string }) => kind).toSorted();
    expect(await kinds()).toEqual(['already_registered', 'email_verification']);
    await alter(test, person, 'email_verified_at = NULL');
    expect(await kinds()).toEqual(['email_verification']);
  });

  it('says of somebody who has nothing but an account just that', async () => {
    const { person, tokens } = await signedIn(test);
    await test.mailsSettled();
    await test.query('DELETE FROM mail_outbox WHERE user_id = $1', [person.id]);
    await test.query('DELETE FROM audit_events WHERE subject_id = $1', [person.id]);
    const { body } = await download(tokens);
    expect(body).toMatchObject({ subscription: null, linked_accounts: [], mails: [] });
    expect(body.security_events).toHaveLength(1);
  });

  it('does not tell where an admin was who changed something', async () => {
    const { person, tokens } = await signedIn(test);
    const admin = await signedInAs(test, 'admin');
    await test.query(
      `INSERT INTO audit_events (id, action, actor_id, subject_id, ip, user_agent, created_at)
       VALUES (gen_random_uuid(), 'user_updated', $1, $2, '203.0.113.99', 'the admin''s', now())`,
      [admin.person.id, person.id],
    );
    const { body, text } = await download(tokens);
    const [event] = body.security_events.filter(
      ({ action }: { action: string }) => action === 'user_updated',
    );
    expect(event).toMatchObject({ actor_id: admin.person.id, ip: null, user_agent: null });
    expect(text).not.toContain('203.0.113.99');
    expect((await download(admin.tokens)).text).toContain('203.0.113.99');
  });

  it('is whole, and of nobody else, however much it is', async () => {
    const { person, tokens } = await signedIn(test);
    const other = await signedIn(test);
    await test.query(
      `INSERT INTO audit_events (id, action, actor_id, subject_id, ip, created_at)
       SELECT gen_random_uuid(), 'sign_in_failed', NULL, CASE n % 2 WHEN 0 THEN $1::uuid ELSE $2 END,
         '192.0.2.1', '2029-01-01Z'::timestamptz + n / 3 * interval '1 second'
       FROM generate_series(1, 5000) n`,
      [person.id, other.person.id],
    );
    await test.query(
      `INSERT INTO sessions (id, user_id, security_stamp, refresh_jti, rotated_at, created_at,
         last_used_at, expires_at, ip, method)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), now(), now(), now(), now(),
         '192.0.2.1', 'password'
       FROM generate_series(1, 1200)`,
      [person.id],
    );
    const { body } = await download(tokens);
    const ids = body.security_events.map(({ id }: { id: string }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([2504, 2504]);
    const subjects = body.security_events.map((event: { subject_id: string }) => event.subject_id);
    expect(new Set(subjects)).toEqual(new Set([person.id]));
    const times = body.security_events.map((event: { created_at: string }) => event.created_at);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(body.sessions).toHaveLength(1201);
  });

  it('is for whoever is signed in, and a HEAD takes nothing along', async () => {
    expectProblem(await test.api.get('users/me/export'), 401, 'unauthenticated');
    const { tokens } = await signedIn(test);
    const { audits, answer } = await effectsOf(test, () =>
      test.api.call('HEAD', 'users/me/export', { token: tokens.access_token }),
    );
    expect([answer.status, answer.text, audits]).toEqual([200, '', []]);
  });

  it('is refused once the account is gone', async () => {
    const { person, tokens } = await signedIn(test);
    await alter(test, person, 'is_active = false');
    expectProblem(await download(tokens), 401, 'invalid_access_token');
  });
});

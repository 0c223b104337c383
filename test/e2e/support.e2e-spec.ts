import type { Answer } from '../support/api';
import { CookieBrowser } from '../support/cookies';
import { alter, countOf, effectsOf } from '../support/effects';
import { tokenIn } from '../support/inbox';
import {
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
import { expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const NOBODY = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11';

let test: TestApp;
let admin: { person: Person; tokens: Tokens };
beforeAll(async () => {
  test = await startTestApp();
  admin = await signedInAs(test, 'admin');
});
afterAll(() => test.close());

const asAdmin = (method: string, path: string): Promise<Answer> =>
  test.api.call(method, path, { token: admin.tokens.access_token });

/** The newest audit event, without its own id and time. */
const lastAudit = async () => {
  const [event] = await test.query(
    'SELECT action, actor_id, subject_id, ip, details FROM audit_events ORDER BY id DESC LIMIT 1',
  );
  return event;
};

const isLive = async ({ access_token: token }: Tokens): Promise<boolean> =>
  (await test.api.get('auth/me', { token })).status === 200;

const OF_SOMETHING: [method: string, path: string, code: string][] = [
  ['GET', `users/${NOBODY}/sessions`, 'user_not_found'],
  ['POST', `users/${NOBODY}/logout-all`, 'user_not_found'],
  ['POST', `users/${NOBODY}/password/reset`, 'user_not_found'],
  ['POST', `users/${NOBODY}/email/verification`, 'user_not_found'],
  ['POST', `mails/${NOBODY}/retry`, 'mail_not_found'],
];

describe.each([...OF_SOMETHING, ['GET', 'mails', 'forbidden']])('%s %s', (method, path) => {
  it.each(['user', 'guest'] as const)('is not for a %s', async (role) => {
    const { tokens } = await signedInAs(test, role);
    const { answer, mails, audits } = await effectsOf(test, () =>
      test.api.call(method, path, { token: tokens.access_token }),
    );
    expectProblem(answer, 403, 'forbidden');
    expect([mails, audits]).toEqual([[], []]);
  });

  it('is not for somebody who is not signed in', async () => {
    expectProblem(await test.api.call(method, path), 401, 'unauthenticated');
  });
});

it.each(OF_SOMETHING)('%s %s is 404 for an id of nobody', async (method, path, code) => {
  for (const id of [NOBODY, NOBODY.toUpperCase(), 'me2', '%2e%2e%2f', `${NOBODY}0`]) {
    const { answer, mails, audits } = await effectsOf(test, () =>
      asAdmin(method, path.replace(NOBODY, id)),
    );
    expectProblem(answer, 404, code);
    expect([mails, audits]).toEqual([[], []]);
  }
});

describe('GET /users/{id}/sessions', () => {
  it('has what the user sees themselves, but none is the current one', async () => {
    const { person, tokens } = await signedIn(test);
    test.clock.advance({ minutes: 1 });
    await signIn(test, person);
    const own = await test.api.get('users/me/sessions', { token: tokens.access_token });
    const seen = await asAdmin('GET', `users/${person.id}/sessions`);
    expect(seen.status).toBe(200);
    expect(own.body.count).toBe(2);
    expect(seen.body).toEqual({
      count: 2,
      sessions: own.body.sessions.map((session: object) => ({ ...session, current: false })),
    });
  });

  it('is empty for somebody who is signed in nowhere, and for the disabled', async () => {
    const { person } = await signedIn(test);
    await alter(test, person, 'is_active = false, security_stamp = gen_random_uuid()');
    for (const { id } of [person, await signUp(test)])
      expect((await asAdmin('GET', `users/${id}/sessions`)).body).toEqual({
        count: 0,
        sessions: [],
      });
  });
});

describe('POST /users/{id}/logout-all', () => {
  it('ends every session of the user and nobody else’s', async () => {
    const { person, tokens } = await signedIn(test);
    const others = [await signIn(test, person), (await signedIn(test)).tokens];
    const { answer, mails, audits } = await effectsOf(test, () =>
      asAdmin('POST', `users/${person.id}/logout-all`),
    );
    expect([answer.status, answer.body]).toEqual([200, { revoked: 2 }]);
    expect([mails, audits]).toEqual([[], ['all_sessions_revoked']]);
    expect(await lastAudit()).toEqual({
      action: 'all_sessions_revoked',
      actor_id: admin.person.id,
      subject_id: person.id,
      ip: '127.0.0.1',
      details: { revoked: 2 },
    });
    const [second, stranger] = others;
    expect([await isLive(tokens), await isLive(second!)]).toEqual([false, false]);
    expect([await isLive(stranger!), await isLive(admin.tokens)]).toEqual([true, true]);
    const { body } = await test.api.post('auth/refresh', {
      refresh_token: tokens.refresh_token,
    });
    expect(body.code).toBe('invalid_refresh_token');
  });

  it('sixteen at once end each session once', async () => {
    const { person } = await signedIn(test);
    await signIn(test, person);
    const answers = await sixteen(() => asAdmin('POST', `users/${person.id}/logout-all`));
    expect(tally(answers)).toEqual({ 200: 16 });
    const counts = answers.map(({ body }) => body.revoked).toSorted((a, b) => b - a);
    expect(counts).toEqual([2, ...Array(15).fill(0)]);
  });

  it('CSRF: an admin’s cookies alone do not do it', async () => {
    const { person, tokens } = await signedIn(test);
    const browser = await CookieBrowser.signedIn(test, admin.person);
    const proof = browser.csrfToken;
    browser.csrfToken = null;
    const forged = await browser.call('POST', `users/${person.id}/logout-all`);
    expectProblem(forged, 403, 'csrf_token_invalid');
    expect(await isLive(tokens)).toBe(true);
    browser.csrfToken = proof;
    const meant = await browser.call('POST', `users/${person.id}/logout-all`);
    expect([meant.status, meant.body]).toEqual([200, { revoked: 1 }]);
  });
});

describe('POST /users/{id}/password/reset', () => {
  const reset = ({ id }: Pick<Person, 'id'>) =>
    effectsOf(test, () => asAdmin('POST', `users/${id}/password/reset`));

  it('mails the user a link that works, and tells the admin no token', async () => {
    const { person, tokens } = await signedIn(test);
    const { answer, mails, audits } = await reset(person);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        message: 'A reset link is on its way to the address of the account.',
        success: true,
      },
    ]);
    expect([mails, audits]).toEqual([
      [`password_reset to ${person.email}`],
      ['password_reset_requested'],
    ]);
    expect(await lastAudit()).toEqual({
      action: 'password_reset_requested',
      actor_id: admin.person.id,
      subject_id: person.id,
      ip: '127.0.0.1',
      details: {},
    });
    expect(await isLive(tokens)).toBe(true);
    const token = tokenIn(await test.inbox.waitFor(person.email, /^Reset/));
    const change = { token, new_password: 'a better battery' };
    expect((await test.api.post('auth/password/reset/confirm', change)).status).toBe(200);
    expect(await isLive(tokens)).toBe(false);
  });

  it('gives a first password to somebody who signs in with a provider', async () => {
    const person = await signUpVerified(test);
    await alter(test, person, 'password_hash = NULL');
    expect((await reset(person)).mails).toEqual([`password_reset to ${person.email}`]);
  });

  it.each([
    ['without an address', 'email = NULL, email_verified_at = NULL', 'no_email'],
    ['that is disabled', 'is_active = false', 'user_disabled'],
  ])('refuses an account %s', async (_, change, code) => {
    const person = await signUpVerified(test);
    await alter(test, person, change);
    const owed = await countOf(test, 'mail_outbox');
    const { answer, audits } = await reset(person);
    expectProblem(answer, 409, code);
    expect([await countOf(test, 'mail_outbox'), audits]).toEqual([owed, []]);
  });
});

describe('POST /users/{id}/email/verification', () => {
  const resend = ({ id }: Pick<Person, 'id'>) =>
    effectsOf(test, () => asAdmin('POST', `users/${id}/email/verification`));

  it('mails a new link that verifies the address', async () => {
    const person = await signUp(test);
    const { answer, mails, audits } = await resend(person);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        message: 'A verification link is on its way to the address of the account.',
        success: true,
      },
    ]);
    expect([mails, audits]).toEqual([
      [`email_verification to ${person.email}`],
      ['email_verification_requested'],
    ]);
    expect(await lastAudit()).toMatchObject({
      actor_id: admin.person.id,
      subject_id: person.id,
    });
    const token = tokenIn(test.inbox.of(person.email).at(-1)!);
    expect((await test.api.post('auth/email/verification/confirm', { token })).status).toBe(200);
  });

  it('mails nothing to an address that is verified', async () => {
    const { answer, mails, audits } = await resend(await signUpVerified(test));
    expect([answer.status, answer.body]).toEqual([
      200,
      { message: 'The address was verified already.', success: true },
    ]);
    expect([mails, audits]).toEqual([[], []]);
  });

  it.each([
    ['without an address', 'email = NULL', 'no_email'],
    ['that is disabled', 'is_active = false', 'user_disabled'],
  ])('refuses an account %s', async (_, change, code) => {
    const person = await signUp(test);
    await alter(test, person, change);
    const { answer, mails, audits } = await resend(person);
    expectProblem(answer, 409, code);
    expect([mails, audits]).toEqual([[], []]);
  });
});

describe('failed mails', () => {
  beforeEach(async () => {
    await test.mailsSettled();
    await test.query('DELETE FROM mail_outbox');
  });

  const mails = async (query: string): Promise<Answer> => {
    const answer = await asAdmin('GET', `mails${query}`);
    expect(answer.status).toBe(200);
    return answer;
  };

  /** Somebody whose verification mail was refused for good. */
  async function refused(): Promise<Person> {
    Object.assign(test.inbox, { refusals: 1, refusalCode: 550 });
    const person = await signUp(test);
    await test.mailsSettled();
    return person;
  }

  it('are told with address, attempts and error, and without what they say', async () => {
    const person = await refused();
    await signUp(test);
    await test.mailsSettled();
    const answer = await mails('?status=failed');
    const now = test.clock.now().toISOString();
    expect(answer.body).toEqual([
      {
        id: expect.any(String),
        kind: 'email_verification',
        status: 'failed',
        recipient: person.email,
        user_id: person.id,
        attempts: 1,
        last_error: expect.stringMatching(/^SMTP: refused, .*550$/),
        created_at: now,
        sent_at: null,
        failed_at: now,
      },
    ]);
    expect((await mails('?status=sent')).body).toMatchObject([{ status: 'sent', sent_at: now }]);
    expect((await mails('?status=unsent')).body).toEqual([]);
    expect((await mails('')).body).toHaveLength(2);
    expect(answer.headers.get('link')).toBeNull();
  });

  it('are owed again, with a fresh link and all their attempts', async () => {
    const person = await refused();
    const [{ id }] = (await mails('?status=failed')).body;
    const effects = await effectsOf(test, () => asAdmin('POST', `mails/${id}/retry`));
    expect([effects.answer.status, effects.answer.body]).toEqual([
      200,
      { message: 'The mail will be sent again.', success: true },
    ]);
    expect([effects.mails, effects.audits]).toEqual([
      [`email_verification to ${person.email}`],
      ['mail_retried'],
    ]);
    expect(await lastAudit()).toEqual({
      action: 'mail_retried',
      actor_id: admin.person.id,
      subject_id: person.id,
      ip: '127.0.0.1',
      details: { mailId: id, kind: 'email_verification' },
    });
    expect((await mails('')).body).toMatchObject([
      { id, status: 'sent', attempts: 1, last_error: null, failed_at: null },
    ]);
    const token = tokenIn(test.inbox.of(person.email)[0]!);
    expect((await test.api.post('auth/email/verification/confirm', { token })).status).toBe(200);
  });

  it('fail again, and are told again', async () => {
    await refused();
    const [{ id }] = (await mails('?status=failed')).body;
    test.inbox.refusals = 1;
    test.clock.advance({ minutes: 1 });
    await asAdmin('POST', `mails/${id}/retry`);
    await test.mailsSettled();
    const failedAt = test.clock.now().toISOString();
    expect((await mails('?status=failed')).body).toMatchObject([
      { id, attempts: 1, failed_at: failedAt },
    ]);
  });

  it('sixteen at once are one retry and one mail', async () => {
    const person = await refused();
    const [{ id }] = (await mails('?status=failed')).body;
    let answers: Answer[] = [];
    const { audits } = await effectsOf(test, async () => {
      answers = await sixteen(() => asAdmin('POST', `mails/${id}/retry`));
      return answers[0]!;
    });
    expect(tally(answers)).toEqual({ 200: 1, 409: 15 });
    expect(audits).toEqual(['mail_retried']);
    expect(test.inbox.of(person.email)).toHaveLength(1);
  });

  it('are not those that were sent, and not those that are still tried', async () => {
    await signUp(test);
    await test.mailsSettled();
    const [{ id }] = (await mails('')).body;
    const auditsBefore = await test.auditTrail();
    expectProblem(await asAdmin('POST', `mails/${id}/retry`), 409, 'mail_not_failed');
    await test.query(`UPDATE mail_outbox SET sent_at = NULL, leased_until = 'infinity'`);
    const answer = await asAdmin('POST', `mails/${id}/retry`);
    await test.query('DELETE FROM mail_outbox');
    expectProblem(answer, 409, 'mail_not_failed');
    expect(await test.auditTrail()).toEqual(auditsBefore);
  });

  it('come in pages, newest first, that neither miss nor repeat any', async () => {
    for (let n = 0; n < 5; n++) await refused();
    const ids = (await mails('?status=failed')).body.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    const met: string[] = [];
    let next: string | undefined = '?status=failed&limit=2';
    while (next) {
      const { body, headers } = await mails(next);
      met.push(...body.map(({ id }: { id: string }) => id));
      if (met.length === 2) await refused();
      const link: string | null = headers.get('link');
      next = link ? new URL(/<(.+)>; rel="next"/.exec(link)![1]!).search : undefined;
    }
    expect(met).toEqual(ids);
  });

  it.each([
    ['status=lost', '/status'],
    ['limit=0', '/limit'],
    ['limit=101', '/limit'],
    ['cursor=bm9uc2Vuc2U', '/cursor'],
    ['cursor=%00', '/cursor'],
    ['status=sent&status=failed', '/status'],
    ['recipient=ada', '/recipient'],
  ])('cannot be asked for with ?%s', async (query, pointer) => {
    expectInvalid(await asAdmin('GET', `mails?${query}`), [pointer]);
  });

  it('a cursor of another filter is refused', async () => {
    for (let n = 0; n < 2; n++) await refused();
    const link = (await mails('?status=failed&limit=1')).headers.get('link')!;
    const cursor = new URL(/<(.+)>/.exec(link)![1]!).searchParams.get('cursor');
    expectInvalid(await asAdmin('GET', `mails?status=sent&cursor=${cursor}`), ['/cursor']);
  });
});

describe('support mails and the limit', () => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await startTestApp({ env: { RATE_LIMIT_ENABLED: 'true' } });
  });
  afterAll(() => limited.close());

  it('reach somebody who has used up their own, and are three an hour themselves', async () => {
    const helper = await signedInAs(limited, 'admin');
    const { id, email } = await signUpVerified(limited);
    const own = () => limited.api.post('auth/password/reset/request', { email });
    for (const expected of [200, 200, 200, 429]) expect((await own()).status).toBe(expected);
    const token = helper.tokens.access_token;
    const helped = () => limited.api.post(`users/${id}/password/reset`, undefined, { token });
    for (const expected of [200, 200, 200]) expect((await helped()).status).toBe(expected);
    expectProblem(await helped(), 429, 'rate_limited');
  });
});

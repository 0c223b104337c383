import type { Answer } from '../support/api';
import { claimsOf } from '../support/forge';
import { type Person, signedIn, signIn, signUpVerified, type Tokens } from '../support/people';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const GRACE = 10;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const refresh = ({ refresh_token }: Tokens, headers = {}): Promise<Answer> =>
  test.api.post('auth/refresh', { refresh_token }, { headers });

const refreshed = async (tokens: Tokens): Promise<Tokens> => {
  const answer = await refresh(tokens);
  expect(answer.status).toBe(200);
  return answer.body;
};

const statusOf = async ({ access_token: token }: Tokens): Promise<number> =>
  (await test.api.get('auth/me', { token })).status;

const reuses = async ({ id }: Person) =>
  test.query(
    `SELECT actor_id, ip, user_agent, details FROM audit_events
     WHERE subject_id = $1 AND action = 'refresh_token_reused'`,
    [id],
  );

const securityMails = async ({ email }: Person) => {
  await test.mailsSettled();
  return test.inbox.of(email).filter(({ subject }) => /ended a session/.test(subject));
};

/** A token presented again, by somebody with these headers, when its grace has passed. */
const reuse = async (headers = {}) => {
  const { person, tokens } = await signedIn(test);
  const current = await refreshed(tokens);
  test.clock.advance({ seconds: GRACE });
  const answer = await refresh(tokens, headers);
  return { person, tokens, current, answer };
};

describe('rotation', () => {
  it('answers with a new pair for the same session, which nobody may cache', async () => {
    const { tokens } = await signedIn(test);
    const answer = await refresh(tokens);

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 1800,
    });
    const [before, after] = [claimsOf(tokens.refresh_token), claimsOf(answer.body.refresh_token)];
    expect([after.sid, after.sub]).toEqual([before.sid, before.sub]);
    expect(after.jti).not.toBe(before.jti);
    expect(await statusOf(answer.body)).toBe(200);
  });

  it('leaves the access token of the pair before good until it expires', async () => {
    const { tokens } = await signedIn(test);
    await refreshed(tokens);
    expect(await statusOf(tokens)).toBe(200);
    test.clock.advance({ minutes: 30 });
    expect(await statusOf(tokens)).toBe(401);
  });

  it('goes on for as long as each token is used in time', async () => {
    let { tokens } = await signedIn(test);
    for (let day = 0; day < 60; day += 6) {
      test.clock.advance({ days: 6 });
      tokens = await refreshed(tokens);
    }
    expect(await statusOf(tokens)).toBe(200);
  });

  it('takes a form at the OAuth2 token route just as well', async () => {
    const { tokens } = await signedIn(test);
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    const answer = await test.api.post('auth/token', undefined, { form });
    expect(answer.status).toBe(200);
    expect(await refreshed(tokens)).toMatchObject({ refresh_token: answer.body.refresh_token });
  });
});

describe('expiry', () => {
  it('takes a refresh token in its last second, and not in the next', async () => {
    const [first, second] = [await signedIn(test), await signedIn(test)];
    test.clock.advance({ days: 7, seconds: -1 });
    await refreshed(first.tokens);
    test.clock.advance({ seconds: 1 });
    expectProblem(await refresh(second.tokens), 401, 'invalid_refresh_token');
    expect(await reuses(second.person)).toEqual([]);
  });

  it('counts from the last refresh, for the session as for its token', async () => {
    const { tokens } = await signedIn(test);
    test.clock.advance({ days: 6 });
    const next = await refreshed(tokens);
    expect(claimsOf(next.refresh_token).exp).toBe(test.clock.nowSeconds() + 7 * 86_400);
    test.clock.advance({ days: 7, seconds: -1 });
    await refreshed(next);
  });

  it('tells nobody that an expired token was replaced: the session is gone', async () => {
    const { person, tokens } = await signedIn(test);
    await refreshed(tokens);
    test.clock.advance({ days: 8 });
    expectProblem(await refresh(tokens), 401, 'invalid_refresh_token');
    expect(await reuses(person)).toEqual([]);
  });
});

describe('a late tab', () => {
  it('gets the current refresh token, bit for bit, just inside the grace', async () => {
    const { person, tokens } = await signedIn(test);
    const current = await refreshed(tokens);
    test.clock.advance({ seconds: GRACE - 0.001 });
    const late = await refreshed(tokens);

    expect(late.refresh_token).toBe(current.refresh_token);
    expect(await statusOf(late)).toBe(200);
    expect(await statusOf(current)).toBe(200);
    expect(await reuses(person)).toEqual([]);
  });

  it('is a thief as soon as the grace has passed', async () => {
    const { tokens } = await signedIn(test);
    await refreshed(tokens);
    test.clock.advance({ seconds: GRACE });
    expectProblem(await refresh(tokens), 401, 'refresh_token_reused');
  });

  it('does not lengthen the grace by asking', async () => {
    const { tokens } = await signedIn(test);
    await refreshed(tokens);
    test.clock.advance({ seconds: GRACE / 2 });
    await refreshed(tokens);
    test.clock.advance({ seconds: GRACE / 2 });
    expectProblem(await refresh(tokens), 401, 'refresh_token_reused');
  });

  it('with a token from two generations ago is a thief within the grace already', async () => {
    const { tokens } = await signedIn(test);
    await refreshed(await refreshed(tokens));
    expectProblem(await refresh(tokens), 401, 'refresh_token_reused');
  });
});

describe('a stolen refresh token', () => {
  it('ends the session for whoever holds either token', async () => {
    const { tokens, current, answer } = await reuse();
    expectProblem(answer, 401, 'refresh_token_reused', [tokens.refresh_token]);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await statusOf(current)).toBe(401);
    expectProblem(await refresh(current), 401, 'invalid_refresh_token');
    expectProblem(await refresh(tokens), 401, 'invalid_refresh_token');
  });

  it('leaves the other sessions of its user alone', async () => {
    const person = await signUpVerified(test);
    const [stolen, other] = [await signIn(test, person), await signIn(test, person)];
    await refreshed(stolen);
    test.clock.advance({ seconds: GRACE });
    expectProblem(await refresh(stolen), 401, 'refresh_token_reused');
    expect(await statusOf(other)).toBe(200);
    await refreshed(other);
  });

  it('is put on record once, with where it came from', async () => {
    const { person, tokens } = await reuse({ 'user-agent': FIREFOX });
    await refresh(tokens);
    expect(await reuses(person)).toEqual([
      {
        actor_id: null,
        ip: '127.0.0.1',
        user_agent: FIREFOX,
        details: { sessionId: claimsOf(tokens.refresh_token).sid },
      },
    ]);
  });

  it('is told to its owner once, with address and device', async () => {
    const { person, tokens } = await reuse({ 'user-agent': FIREFOX });
    await refresh(tokens);
    const mails = await securityMails(person);
    expect(mails).toHaveLength(1);
    for (const version of [mails[0]!.text, mails[0]!.html]) {
      expect(version).toContain('127.0.0.1');
      expect(version).toContain('Firefox on Linux');
      expect(version).toContain(person.username);
      expect(version).not.toContain('eyJ');
    }
  });

  it('cannot put markup into that mail by its user agent', async () => {
    const { person } = await reuse({ 'user-agent': '<b onclick=x>"evil"</b>/1.0' });
    const [mail] = await securityMails(person);
    expect(mail!.html).not.toMatch(/<b onclick/);
  });
});

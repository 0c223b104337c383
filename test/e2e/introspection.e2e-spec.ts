import * as openid from 'openid-client';
import type { Answer, Call } from '../support/api';
import { alter } from '../support/effects';
import { claimsOf, keyOf, sign, signBy, signerOf } from '../support/forge';
import { holderOfAll } from '../support/doors';
import { PASSWORD, signedIn, signIn, sixteen, type Tokens } from '../support/people';
import { expectCleanLogs, expectInvalid, expectProblem } from '../support/problems';
import { sendRaw } from '../support/raw-http';
import { startTestApp, type TestApp } from '../support/test-app';

const SECRET = 'of-the-reports-service';
const OTHER = 'of+another/service==:%41';
const INACTIVE = '{"active":false}';

let test: TestApp;
afterEach(() => test.close());

const start = async (env: Record<string, string> = {}): Promise<void> => {
  test = await startTestApp({ env: { INTROSPECTION_TOKEN: `${SECRET}, ${OTHER}`, ...env } });
};

const ask = (form: Call['form'], call: Call = {}): Promise<Answer> =>
  test.api.call('POST', 'auth/introspect', { form, token: SECRET, ...call });
const about = (token: string): Promise<Answer> => ask({ token });

const basic = (password: string, username = 'reports'): Call => ({
  token: undefined,
  headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
});

const expectActive = async (token: string): Promise<void> => {
  expect((await about(token)).body).toMatchObject({ active: true });
};
const expectInactive = async (token: string): Promise<void> => {
  const { status, text } = await about(token);
  expect([status, text]).toEqual([200, INACTIVE]);
};

describe.each(['HS256', 'RS256', 'ES256'])('about tokens of %s', (algorithm) => {
  beforeEach(() => start({ ACCESS_TOKEN_ALGORITHM: algorithm }));

  it('tells whose a good one is, and nothing is kept of the answer', async () => {
    const { person, tokens } = await signedIn(test);
    for (const [type, token] of Object.entries(tokens).slice(0, 2)) {
      const { status, headers, body } = await about(token);
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      const { sub, sid, jti, iss, aud, exp, iat } = claimsOf(token);
      expect(sub).toBe(person.id);
      const token_type = type === 'access_token' ? 'bearer' : 'refresh_token';
      const common = { active: true, token_type, sub, sid, jti, iss, aud, exp, iat };
      expect(body).toEqual({ ...common, username: person.username, role: 'user' });
    }
    expectCleanLogs(test.logs, [tokens.access_token, tokens.refresh_token, SECRET]);
  });

  it('tells of anything else only that it is not active', async () => {
    const holder = await holderOfAll(test);
    const claims = claimsOf(holder.access);
    const bad = [
      holder.email_verification,
      holder.password_reset,
      holder.email_change,
      sign(claims, 'a key that nobody ever gave to the service'),
      sign({ ...claims, type: 'refresh' }, keyOf(test, 'access')),
      sign({ ...claims, type: 'other' }, keyOf(test, 'access')),
      `${holder.access}x`,
      'x',
      '...',
      'ein Wort, ☃',
      'x'.repeat(16_384),
    ];
    for (const token of bad) await expectInactive(token);
    expectCleanLogs(test.logs);
  });

  it('ends with the life of the token', async () => {
    const { tokens } = await signedIn(test);
    test.clock.advance({ minutes: 30, seconds: -1 });
    await expectActive(tokens.access_token);
    test.clock.advance({ seconds: 1 });
    await expectInactive(tokens.access_token);
    test.clock.advance({ days: 7, minutes: -30, seconds: -1 });
    await expectActive(tokens.refresh_token);
    test.clock.advance({ seconds: 1 });
    await expectInactive(tokens.refresh_token);
  });
});

describe('the session behind a token', () => {
  beforeEach(() => start());

  const endings: Record<string, (tokens: Tokens, id: string) => Promise<unknown>> = {
    'a sign-out': ({ access_token: token }) => test.api.post('auth/logout', {}, { token }),
    'signing out everywhere': ({ access_token: token }) =>
      test.api.post('auth/logout-all', undefined, { token }),
    'a disabling': (_, id) => alter(test, { id }, 'is_active = false'),
    'a new security stamp': (_, id) => alter(test, { id }, 'security_stamp = gen_random_uuid()'),
    'the deletion of the account': ({ access_token: token }) =>
      test.api.delete('users/me', { token, json: { password: PASSWORD } }),
  };

  it.each(Object.keys(endings))('ends both tokens at once by %s', async (ending) => {
    const { person, tokens } = await signedIn(test);
    await expectActive(tokens.access_token);
    await expectActive(tokens.refresh_token);
    await endings[ending]!(tokens, person.id);
    await expectInactive(tokens.access_token);
    await expectInactive(tokens.refresh_token);
  });

  it('says role and username as they are now', async () => {
    const { person, tokens } = await signedIn(test);
    await alter(test, person, `role = 'admin', username = 'renamed'`);
    const { body } = await about(tokens.access_token);
    expect(body).toMatchObject({ active: true, role: 'admin', username: 'renamed' });
  });

  it('ends no other session of the same user', async () => {
    const { person, tokens } = await signedIn(test);
    const elsewhere = await signIn(test, person);
    await test.api.post('auth/logout', {}, { token: tokens.access_token });
    await expectActive(elsewhere.access_token);
  });
});

describe('a refresh token', () => {
  beforeEach(() => start());

  it('that was replaced is not active, even within the grace; its successor is', async () => {
    const { tokens } = await signedIn(test);
    const { refresh_token } = tokens;
    const next = (await test.api.post('auth/refresh', { refresh_token })).body as Tokens;
    await expectInactive(refresh_token);
    await expectActive(next.refresh_token);
    await expectActive(tokens.access_token);
  });

  it('is neither rotated nor taken for stolen, however often and late somebody asks', async () => {
    const { tokens } = await signedIn(test);
    const { refresh_token } = tokens;
    const next = (await test.api.post('auth/refresh', { refresh_token })).body as Tokens;
    test.clock.advance({ minutes: 5 });
    const rows = () => test.query('SELECT * FROM sessions');
    const [before, trail] = [await rows(), await test.auditTrail()];
    await sixteen(() => expectInactive(refresh_token));
    await sixteen(() => expectActive(next.refresh_token));
    expect(await rows()).toEqual(before);
    expect(await test.auditTrail()).toEqual(trail);
    await test.mailsSettled();
    const refreshed = await test.api.post('auth/refresh', { refresh_token: next.refresh_token });
    expect(refreshed.status).toBe(200);
  });
});

describe('who may ask', () => {
  it('has one of INTROSPECTION_TOKEN, as Bearer or as the password of Basic', async () => {
    await start();
    const { tokens } = await signedIn(test);
    const form = { token: tokens.access_token };
    const good = [
      { token: SECRET },
      { token: OTHER },
      basic(SECRET),
      basic(SECRET, ''),
      basic(OTHER),
      basic(encodeURIComponent(OTHER)),
    ];
    for (const call of good) {
      const { status, body } = await ask(form, call);
      expect([status, body.active]).toEqual([200, true]);
    }
  });

  it('is a stock OAuth client whose secret that is', async () => {
    await start();
    const { tokens } = await signedIn(test);
    const issuer = test.config.tokens.issuer;
    const introspection_endpoint = `${test.api.origin}/api/v1/auth/introspect`;
    const client = new openid.Configuration(
      { issuer, introspection_endpoint },
      'reports',
      OTHER,
      openid.ClientSecretBasic(OTHER),
    );
    openid.allowInsecureRequests(client);
    const parameters = { token_type_hint: 'access_token' };
    expect(await openid.tokenIntrospection(client, tokens.access_token, parameters)).toMatchObject({
      active: true,
      iss: issuer,
    });
    expect(await openid.tokenIntrospection(client, 'x')).toEqual({ active: false });
  });

  it('is nobody else: no user, no admin, no other secret', async () => {
    await start({ METRICS_TOKEN: 'scrape-me-and-not-tokens' });
    const { person, tokens } = await signedIn(test);
    await alter(test, person, `role = 'admin'`);
    const form = { token: tokens.access_token };
    const bad: Call[] = [
      { token: undefined },
      { token: tokens.access_token },
      { token: tokens.refresh_token },
      { token: 'scrape-me-and-not-tokens' },
      { token: `${SECRET},${OTHER}` },
      { token: SECRET.slice(1) },
      { token: `${SECRET}x` },
      { token: SECRET.toUpperCase() },
      { token: test.config.tokens.secretKey },
      basic(''),
      basic(SECRET.slice(1)),
      basic('reports', SECRET),
      { token: undefined, headers: { authorization: `Basic ${SECRET}` } },
      { token: undefined, headers: { authorization: SECRET } },
      { token: undefined, headers: { authorization: `Digest ${SECRET}` } },
      { token: undefined, headers: { cookie: `gatehouse_access=${tokens.access_token}` } },
    ];
    for (const call of bad)
      expectProblem(await ask(form, call), 401, 'unauthenticated', [SECRET, tokens.access_token]);
    const inQuery = `auth/introspect?access_token=${SECRET}`;
    expectProblem(await test.api.call('POST', inQuery, { form }), 401, 'unauthenticated');
  });

  it.each([
    ['without a credential', {}, 401],
    ['with a wrong one', { INTROSPECTION_TOKEN: 'another-secret-of-the-reports' }, 401],
    ['where none is configured', { INTROSPECTION_TOKEN: '' }, 404],
  ])('is refused before its body is read %s', async (_, env, status) => {
    await start(env);
    for (const path of ['/api/v1/auth/introspect', '/api/auth/introspect']) {
      const authorization = 'INTROSPECTION_TOKEN' in env ? [`Authorization: Bearer ${SECRET}`] : [];
      const head = [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        'Connection: close',
        ...authorization,
        'Content-Type: application/x-www-form-urlencoded',
        // Promised and never sent, and too large for anybody who looks.
        'Content-Length: 200000',
      ];
      const answer = await sendRaw(test.api.origin, `${head.join('\r\n')}\r\n\r\n`);
      expectProblem(answer, status, status === 401 ? 'unauthenticated' : 'not_found', [SECRET]);
    }
  });

  it.each(['test', 'development'])(
    'is nobody at all where none is configured (%s)',
    async (env) => {
      test = await startTestApp({ env: { NODE_ENV: env } });
      const { tokens } = await signedIn(test);
      const form = { token: tokens.access_token };
      for (const call of [{}, { token: '' }, basic(''), basic('undefined')])
        expectProblem(await ask(form, call), 404, 'not_found');
    },
  );
});

describe('a question', () => {
  beforeEach(() => start());

  it('may hint at any type, rightly or not', async () => {
    const { tokens } = await signedIn(test);
    for (const token of [tokens.access_token, tokens.refresh_token])
      for (const token_type_hint of ['access_token', 'refresh_token', 'saml2', '']) {
        const { body } = await ask({ token, token_type_hint });
        expect(body.active).toBe(true);
      }
  });

  it('is a form with a token', async () => {
    expectInvalid(await ask({}), ['/token']);
    expectInvalid(await ask({ token: '' }), ['/token']);
    expectInvalid(await ask({ token: 'x', tokens: 'x' }), ['/tokens']);
    expectProblem(await ask('token=a&token=b'), 400, 'malformed_request');
    const json = await test.api.post('auth/introspect', { token: 'x' }, { token: SECRET });
    expectProblem(json, 415, 'unsupported_media_type');
  });

  it('about a token of a key pair is answered by that key alone', async () => {
    await test.close();
    await start({ ACCESS_TOKEN_ALGORITHM: 'ES256' });
    const { tokens } = await signedIn(test);
    const claims = claimsOf(tokens.access_token);
    await expectActive(signBy(claims, signerOf(test)));
    await expectInactive(signBy({ ...claims, type: 'refresh' }, signerOf(test)));
    await expectInactive(signBy(claims, signerOf(test), { kid: 'x'.repeat(43) }));
  });
});

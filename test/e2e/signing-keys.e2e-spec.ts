import { randomBytes } from 'node:crypto';
import { AuditService } from '../../src/audit/audit.service';
import type { AppConfig } from '../../src/config/app-config';
import { UnitOfWork } from '../../src/database/unit-of-work';
import { RetentionService } from '../../src/retention/retention.service';
import { KeyRing, type RingKey } from '../../src/tokens/keys/key-ring';
import { KeyRotation } from '../../src/tokens/keys/key-rotation.service';
import { KeySeal } from '../../src/tokens/keys/key-seal';
import { SigningKeysRepository } from '../../src/tokens/keys/signing-keys.repository';
import type { Answer } from '../support/api';
import { CookieBrowser, cookiesSetBy } from '../support/cookies';
import { claimsOf, headerOf, keyOf, ringOf, sign, signBy, signerOf } from '../support/forge';
import { signedIn, signIn, type Tokens } from '../support/people';
import { expectCleanLogs, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

const JWKS = '/.well-known/jwks.json';
/** What a key verifies longer than its last token lives. */
const SLACK = { minutes: 2 };

let test: TestApp;
afterEach(async () => {
  jest.restoreAllMocks();
  await test.close();
});

const start = async (algorithm: string, env: Record<string, string> = {}): Promise<void> => {
  test = await startTestApp({ env: { ACCESS_TOKEN_ALGORITHM: algorithm, ...env } });
};

const rotation = (): KeyRotation => test.app.get(KeyRotation, { strict: false });
/** What happens by itself twice a minute. */
const reload = (): Promise<void> => ringOf(test).reload();

const me = (token: string): Promise<Answer> => test.api.get('auth/me', { token });
const expectGood = async (token: string): Promise<void> => {
  expect((await me(token)).status).toBe(200);
};
const expectRefused = async (token: string): Promise<void> => {
  expectProblem(await me(token), 401, 'invalid_access_token', [token]);
};

const kidOf = ({ access_token }: Tokens): unknown => headerOf(access_token).kid;
const published = async (): Promise<string[]> => {
  const { body } = await test.api.get(JWKS);
  return body.keys.map(({ kid }: { kid: string }) => kid);
};

/** The ring of another process on the same database, configured as it says. */
async function otherRing(tokens: Partial<AppConfig['tokens']> = {}): Promise<KeyRing> {
  const get = <T>(type: abstract new (...args: never[]) => T) =>
    test.app.get<T>(type, { strict: false });
  const { config, clock } = test;
  const other = Object.assign({}, config, { tokens: { ...config.tokens, ...tokens } });
  const [repository, seal] = [get(SigningKeysRepository), get(KeySeal)];
  const [audit, unitOfWork] = [get(AuditService), get(UnitOfWork)];
  const rotations = new KeyRotation(repository, seal, audit, unitOfWork, other, clock);
  await rotations.ensure();
  const ring = new KeyRing(repository, rotations, seal, other, clock);
  await ring.reload();
  return ring;
}

describe.each([
  ['RS256', ['alg', 'e', 'kid', 'kty', 'n', 'use']],
  ['ES256', ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
])('access tokens by %s', (algorithm, members) => {
  beforeEach(() => start(algorithm));

  it('are signed by a key that is published, and no others are', async () => {
    const { tokens } = await signedIn(test);
    const { status, headers, body } = await test.api.get(JWKS);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(body.keys).toHaveLength(1);
    expect(Object.keys(body.keys[0]).toSorted()).toEqual(members);
    expect(body.keys[0]).toMatchObject({ alg: algorithm, use: 'sig' });
    const { kid } = body.keys[0];
    expect(headerOf(tokens.access_token)).toEqual({ alg: algorithm, typ: 'JWT', kid });
    expect(headerOf(tokens.refresh_token)).toEqual({ alg: 'HS256', typ: 'JWT' });
  });

  it('are good wherever one is wanted', async () => {
    const { person, tokens } = await signedIn(test);
    const { access_token: token, refresh_token } = tokens;
    await expectGood(token);
    const refreshed = await test.api.post('auth/refresh', { refresh_token });
    await expectGood(refreshed.body.access_token);
    const browser = await CookieBrowser.signedIn(test, person);
    expect((await browser.call('GET', 'auth/csrf')).status).toBe(200);
    expect((await browser.call('GET', 'auth/me')).status).toBe(200);
    expect((await browser.call('POST', 'auth/logout')).status).toBe(200);
    expect((await browser.call('GET', 'auth/me')).status).toBe(401);
    expect((await test.api.post('auth/logout', {}, { token })).status).toBe(200);
    await expectRefused(token);
  });

  it('are good as cookies, without a refresh token beside them', async () => {
    const { person } = await signedIn(test);
    const { username, password } = person;
    const signedInBy = await test.api.post('auth/login?cookies=true', { username, password });
    const cookie = cookiesSetBy(signedInBy)
      .filter(({ name }) => name !== 'gatehouse_refresh')
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const answer = await test.api.get('auth/csrf', { headers: { cookie } });
    expect([answer.status, answer.body]).toEqual([200, { csrf_token: signedInBy.body.csrf_token }]);
    expect((await test.api.get('auth/me', { headers: { cookie } })).status).toBe(200);
  });

  it('expire when they say', async () => {
    const { tokens } = await signedIn(test);
    test.clock.advance({ minutes: 30, seconds: -1 });
    await expectGood(tokens.access_token);
    test.clock.advance({ seconds: 1 });
    await expectRefused(tokens.access_token);
  });
});

describe('access tokens by HS256', () => {
  it('have no key in the table, none published, and no kid', async () => {
    test = await startTestApp();
    const { tokens } = await signedIn(test);
    const { status, headers, body } = await test.api.get(JWKS);
    expect([status, body]).toEqual([200, { keys: [] }]);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headerOf(tokens.access_token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(await test.query('SELECT FROM signing_keys')).toEqual([]);
  });
});

describe('a rotation', () => {
  beforeEach(() => start('ES256'));

  it('is published ten minutes before it signs, and what the old key signed stays good', async () => {
    const { person, tokens: first } = await signedIn(test);
    const { kid: next } = (await rotation().rotate())!;
    await reload();
    expect(await published()).toEqual([kidOf(first), next]);

    test.clock.advance({ minutes: 10, seconds: -1 });
    const late = await signIn(test, person);
    expect(kidOf(late)).toBe(kidOf(first));
    test.clock.advance({ seconds: 1 });
    const after = await signIn(test, person);
    expect(kidOf(after)).toBe(next);
    for (const { access_token } of [first, late, after]) await expectGood(access_token);

    test.clock.advance({ minutes: 30, seconds: -2 });
    await expectRefused(first.access_token);
    await expectGood(late.access_token);
    test.clock.advance({ ...SLACK, seconds: 1 });
    expect(await published()).toEqual([kidOf(first), next]);
    test.clock.advance({ seconds: 1 });
    expect(await published()).toEqual([next]);
  });

  it('reaches a process at the latest with the first token that the new key signed', async () => {
    const { tokens } = await signedIn(test);
    await rotation().revoke(signerOf(test).kid);
    const fresh = (await otherRing()).signer()!;
    expect(fresh.kid).not.toBe(kidOf(tokens));
    await expectGood(signBy(claimsOf(tokens.access_token), fresh));
    expect(await published()).toEqual([fresh.kid]);
  });

  it('reaches a sign-out, and a page with cookies, in the same way', async () => {
    const { person, tokens } = await signedIn(test);
    const { sid: session } = claimsOf(tokens.access_token);
    const browser = await CookieBrowser.signedIn(test, person);
    const revoked = signerOf(test);
    await rotation().revoke(revoked.kid);
    const fresh = (await otherRing()).signer()!;
    const token = signBy(claimsOf(tokens.access_token), fresh);
    expect((await test.api.post('auth/logout', {}, { token })).status).toBe(200);
    const [{ revoked_at }] = await test.query('SELECT revoked_at FROM sessions WHERE id = $1', [
      session,
    ]);
    expect(revoked_at).toEqual(test.clock.now());
    // By the refresh cookie, since the access cookie's key was revoked.
    expect((await browser.call('GET', 'auth/csrf')).status).toBe(200);
  });

  it('is forgotten a day after the last token, and its private key within the hour', async () => {
    const { kid } = signerOf(test);
    await rotation().rotate();
    test.clock.advance({ minutes: 12 });
    await rotation().tend();
    const row = () => test.query('SELECT private_key FROM signing_keys WHERE kid = $1', [kid]);
    expect(await row()).toEqual([{ private_key: null }]);
    const forget = () => test.app.get(RetentionService).run();
    test.clock.advance({ minutes: 30, hours: 25 });
    await forget();
    expect(await row()).toHaveLength(1);
    test.clock.advance({ seconds: 1 });
    await forget();
    expect(await row()).toEqual([]);
    expect(await published()).toEqual([signerOf(test).kid]);
  });

  it('leaves its events in the audit trail, without a key in them', async () => {
    const { kid } = signerOf(test);
    await rotation().revoke(kid);
    await reload();
    const { kid: fresh } = signerOf(test);
    const events = await test.query(
      'SELECT action, actor_id, subject_id, details FROM audit_events ORDER BY id',
    );
    const activatesAt = test.clock.now().toISOString();
    const byNobody = { actor_id: null, subject_id: null };
    const created = { ...byNobody, action: 'signing_key_created' };
    expect(events).toEqual([
      { ...created, details: { kid, algorithm: 'ES256', activatesAt } },
      { ...byNobody, action: 'signing_key_revoked', details: { kid, algorithm: 'ES256' } },
      { ...created, details: { kid: fresh, algorithm: 'ES256', activatesAt } },
    ]);
  });
});

describe('a revoked key', () => {
  beforeEach(() => start('ES256'));

  it('is refused as soon as the process has looked, and refreshing goes on', async () => {
    const { person, tokens } = await signedIn(test);
    await rotation().revoke(signerOf(test).kid);
    // The process does not know yet.
    await expectGood(tokens.access_token);
    await reload();
    await expectRefused(tokens.access_token);
    expect(await published()).not.toContain(kidOf(tokens));
    const { refresh_token } = tokens;
    const refreshed = await test.api.post('auth/refresh', { refresh_token });
    await expectGood(refreshed.body.access_token);
    await expectGood((await signIn(test, person)).access_token);
  });

  it('is refused for what is signed with it from now on', async () => {
    const { tokens } = await signedIn(test);
    const stolen: RingKey = signerOf(test);
    await rotation().revoke(stolen.kid);
    await reload();
    await expectRefused(signBy(claimsOf(tokens.access_token), stolen));
  });
});

describe('a key that nobody knows', () => {
  const unknown = (kid: unknown, tokens: Tokens): string =>
    signBy(claimsOf(tokens.access_token), signerOf(test), { kid });
  const randomKid = (): string => randomBytes(32).toString('base64url');
  const looks = () => jest.spyOn(SigningKeysRepository.prototype, 'list');

  beforeEach(() => start('ES256'));

  it('makes a flood of tokens look it up once in three seconds', async () => {
    const { tokens } = await signedIn(test);
    const list = looks();
    const flood = () =>
      Promise.all(Array.from({ length: 100 }, () => expectRefused(unknown(randomKid(), tokens))));
    await flood();
    expect(list).toHaveBeenCalledTimes(1);
    test.clock.advance({ seconds: 2 });
    await flood();
    expect(list).toHaveBeenCalledTimes(1);
    test.clock.advance({ seconds: 1 });
    await flood();
    expect(list).toHaveBeenCalledTimes(2);
  });

  it('is not looked up where it has not the shape of a name of ours', async () => {
    const { tokens } = await signedIn(test);
    const list = looks();
    const shapes = [
      '../../../../dev/null',
      "' OR '1'='1",
      '',
      1,
      null,
      [randomKid()],
      { toString: 'x' },
      '__proto__',
      'constructor',
      'x'.repeat(42),
      'x'.repeat(44),
      `${'x'.repeat(43)}\n`,
      'x'.repeat(4000),
    ];
    for (const kid of shapes) await expectRefused(unknown(kid, tokens));
    expect(list).not.toHaveBeenCalled();
    expectCleanLogs(test.logs);
  });

  it('is looked up after a clock was set back, too', async () => {
    const { tokens } = await signedIn(test);
    const list = looks();
    await expectRefused(unknown(randomKid(), tokens));
    test.clock.advance({ minutes: -10 });
    await expectRefused(unknown(randomKid(), tokens));
    expect(list).toHaveBeenCalledTimes(2);
  });

  it('refuses nobody while the database does not answer', async () => {
    const { tokens } = await signedIn(test);
    const down = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    looks().mockRejectedValueOnce(down);
    const answer = await me(unknown(randomKid(), tokens));
    expectProblem(answer, 503, 'dependency_down');
  });
});

it('signs nobody in without a key that can be read, and opens no session for it', async () => {
  await start('ES256');
  const { person } = await signedIn(test);
  await rotation().revoke(signerOf(test).kid);
  await test.query(`UPDATE signing_keys SET private_key = '\\x00' WHERE revoked_at IS NULL`);
  await expect(reload()).rejects.toThrow(/^SECRET_KEY: does not open the signing key/);
  const sessions = () => test.query('SELECT id FROM sessions');
  const before = await sessions();
  const { username, password } = person;
  const answer = await test.api.post('auth/login', { username, password });
  expectProblem(answer, 503, 'dependency_down');
  expect(await sessions()).toEqual(before);
});

describe('a change of algorithm', () => {
  it('from HS256 lets tokens of before live out their lives, and no longer', async () => {
    await start('ES256');
    const { tokens } = await signedIn(test);
    const before = sign(claimsOf(tokens.access_token), keyOf(test, 'access'));
    await expectGood(before);
    test.clock.advance({ minutes: 32 });
    const { access_token } = (await signedIn(test)).tokens;
    await expectRefused(sign(claimsOf(access_token), keyOf(test, 'access')));
    await expectGood(access_token);
  });

  it('from HS256 is over for good: no later key brings it back', async () => {
    await start('ES256');
    test.clock.advance({ minutes: 32 });
    await rotation().discardAll();
    await reload();
    const { access_token } = (await signedIn(test)).tokens;
    await expectRefused(sign(claimsOf(access_token), keyOf(test, 'access')));
  });

  it('to HS256 lets tokens of before live out their lives, and no longer', async () => {
    await start('HS256');
    const { tokens } = await signedIn(test);
    const ring = await otherRing({ accessTokenAlgorithm: 'RS256' });
    const signer = ring.signer()!;
    const before = signBy(claimsOf(tokens.access_token), signer);
    await expectGood(before);
    expect(await published()).toEqual([signer.kid]);

    await rotation().tend();
    await reload();
    const { exp } = claimsOf(tokens.access_token);
    test.clock.advance({ minutes: 30, seconds: -1 });
    await expectGood(before);
    test.clock.advance({ ...SLACK, seconds: 1 });
    const later = await signedIn(test);
    expect(claimsOf(later.tokens.access_token).exp).toBeGreaterThan(Number(exp));
    await expectRefused(signBy(claimsOf(later.tokens.access_token), signer));
    await expectGood(later.tokens.access_token);
    expect(await published()).toEqual([]);
  });

  it('to another pair of keys signs with the old one until the new one is published for long enough', async () => {
    await start('ES256');
    await otherRing({ accessTokenAlgorithm: 'RS256' });
    const other = await otherRing({ accessTokenAlgorithm: 'RS256' });
    const { person, tokens } = await signedIn(test);
    expect(other.signer()).toMatchObject({ algorithm: 'ES256', kid: kidOf(tokens) });
    test.clock.advance({ minutes: 10 });
    const fresh = other.signer()!;
    expect(fresh.algorithm).toBe('RS256');
    const again = await signIn(test, person);
    await expectGood(signBy(claimsOf(again.access_token), fresh));
  });
});

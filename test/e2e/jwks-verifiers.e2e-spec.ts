import type { INestApplication } from '@nestjs/common';
import { KeyRotation } from '../../src/tokens/keys/key-rotation.service';
import { claimsOf, headerOf, keyOf, ringOf, sign, signBy, signerOf } from '../support/forge';
import { type Person, signIn, signUpVerified, type Tokens } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';
import { DOCUMENTED_URL, joseExample, nestExample } from '../support/verifiers';

let test: TestApp;
let person: Person;
let other: INestApplication;
let claims: ReturnType<typeof joseExample>;

const rotation = (): KeyRotation => test.app.get(KeyRotation, { strict: false });

/** The verifiers' clock goes with that of the service; timers stay as they are. */
function pass(time: { minutes?: number; seconds?: number }): void {
  test.clock.advance(time);
  jest.setSystemTime(test.clock.now());
}

/** What the other Nest application answers, and what jose says; null for a refusal. */
async function verdictsOn(token: string) {
  const url = `${await other.getUrl()}/things`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  expect([200, 401]).toContain(response.status);
  return {
    nest: response.status === 200 ? await response.json() : null,
    jose: await claims(token).catch(() => null),
  };
}

const REFUSED = { nest: null, jose: null };

async function expectGood({ access_token }: Pick<Tokens, 'access_token'>): Promise<void> {
  expect(await verdictsOn(access_token)).toEqual({
    nest: { id: person.id, role: 'user' },
    jose: claimsOf(access_token),
  });
}

describe.each(['RS256', 'ES256'])('another service, with a stock library, by %s', (algorithm) => {
  beforeEach(async () => {
    const env = { ACCESS_TOKEN_ALGORITHM: algorithm, BACKEND_URL: DOCUMENTED_URL };
    test = await startTestApp({ env });
    person = await signUpVerified(test);
    const { origin } = test.api;
    [other, claims] = [await nestExample(origin), joseExample(origin)];
    const real = ['hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const;
    const timers = ['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const;
    jest.useFakeTimers({
      now: test.clock.now(),
      doNotFake: [...real, ...timers, 'setTimeout', 'clearTimeout'],
    });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await other.close();
    await test.close();
  });

  it('lets in whoever has an access token, for as long as that lives', async () => {
    const tokens = await signIn(test, person);
    await expectGood(tokens);
    pass({ minutes: 30, seconds: -1 });
    await expectGood(tokens);
    pass({ seconds: 1 });
    expect(await verdictsOn(tokens.access_token)).toEqual(REFUSED);
  });

  it('refuses what is no access token, or not by a key of ours', async () => {
    const { access_token, refresh_token } = await signIn(test, person);
    const payload = claimsOf(access_token);
    const own = signerOf(test);
    const forged = [
      refresh_token,
      sign(payload, keyOf(test, 'access')),
      sign(payload, own.publicKey.export({ type: 'spki', format: 'pem' }) as string, {
        kid: own.kid,
      }),
      signBy({ ...payload, type: 'refresh' }, own),
      signBy({ ...payload, iss: 'https://evil.example' }, own),
      signBy({ ...payload, aud: 'elsewhere' }, own),
      signBy(payload, own, { kid: 'unknown' }),
      `${access_token.slice(0, -8)}AAAAAAAA`,
      'x',
    ];
    for (const token of forged) expect(await verdictsOn(token)).toEqual(REFUSED);
    expect(await verdictsOn(signBy(payload, own))).not.toEqual(REFUSED);
  });

  it('lets in whoever has a token of before a rotation, or of after', async () => {
    const before = await signIn(test, person);
    await expectGood(before);
    await rotation().rotate();
    await ringOf(test).reload();
    pass({ minutes: 9, seconds: 59 });
    const during = await signIn(test, person);
    await expectGood(during);
    pass({ seconds: 1 });
    const after = await signIn(test, person);
    expect(headerOf(after.access_token).kid).not.toBe(headerOf(during.access_token).kid);
    for (const tokens of [before, during, after]) await expectGood(tokens);
  });

  it('refuses what a revoked key signed from the first token of the new key on', async () => {
    const before = await signIn(test, person);
    await expectGood(before);
    await rotation().revoke(signerOf(test).kid);
    await ringOf(test).reload();
    pass({ seconds: 31 });
    await expectGood(await signIn(test, person));
    expect(await verdictsOn(before.access_token)).toEqual(REFUSED);
  });
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { doorFor, holderOfAll, TYPES } from '../support/doors';
import { type Claims, claimsOf, keyOf, sign, unsigned } from '../support/forge';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
beforeAll(async () => {
  test = await startTestApp();
});
afterAll(() => test.close());

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PUBLIC_PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** What is made of a genuine token by somebody who may even hold its key. */
type Forgery = (claims: Claims, key: KeyObject, genuine: string) => string;

const signatureOf = (jwt: string): string => jwt.slice(jwt.lastIndexOf('.') + 1);
const bodyOf = (jwt: string): string => jwt.slice(0, jwt.lastIndexOf('.'));

const each = <T>(
  values: readonly T[],
  name: (value: T) => string,
  forge: (value: T) => Forgery,
): Record<string, Forgery> =>
  Object.fromEntries(values.map((value) => [name(value), forge(value)]));

const FORGERIES: Readonly<Record<string, Forgery>> = {
  ...each(
    ['none', 'None', 'NONE', 'nOnE', '', 'HS256', 'RS256', 'ES256', 'EdDSA'],
    (alg) => `alg "${alg}", no signature`,
    (alg) => (claims) => unsigned(claims, alg),
  ),
  'alg none, the genuine signature': (claims, _, genuine) =>
    unsigned(claims, 'none') + signatureOf(genuine),
  'HS384 with the right key': (claims, key) => sign(claims, key, { alg: 'HS384' }),
  'HS512 with the right key': (claims, key) => sign(claims, key, { alg: 'HS512' }),
  'key confusion: RS256, the right key': (claims, key) => sign(claims, key, { alg: 'RS256' }),
  'key confusion: HS256, a public key': (claims) => sign(claims, PUBLIC_PEM),
  'key confusion: RS256, a public key': (claims) => sign(claims, PUBLIC_PEM, { alg: 'RS256' }),
  'a key in the header': (claims) => sign(claims, 'x', { jwk: { kty: 'oct', k: 'eA' } }),
  'a key id that is a path': (claims) => sign(claims, '', { kid: '../../dev/null' }),
  'the wrong key': (claims) => sign(claims, 'a key that nobody ever gave to the service'),
  'an empty key': (claims) => sign(claims, ''),
  'other claims under the genuine signature': (claims, key, genuine) =>
    `${bodyOf(sign({ ...claims, sub: NOBODY }, key))}.${signatureOf(genuine)}`,
  'a cut signature': (_, __, genuine) => genuine.slice(0, -2),
  'no signature': (_, __, genuine) => bodyOf(genuine),
  'a fourth part': (_, __, genuine) => `${genuine}.x`,
  'whitespace inside': (_, __, genuine) => genuine.replace('.', '. '),
  'a word after it': (_, __, genuine) => `${genuine} x`,
  'another issuer': (claims, key) => sign({ ...claims, iss: 'http://evil.example' }, key),
  'another audience': (claims, key) => sign({ ...claims, aud: 'elsewhere' }, key),
  ...each(
    ['iss', 'aud', 'sub', 'jti', 'iat', 'exp', 'type'],
    (name) => `no ${name}`,
    (name) => (claims, key) => sign({ ...claims, [name]: undefined }, key),
  ),
  ...each(
    [null, 0, true, '', 'ada', {}, [NOBODY], `${NOBODY}' OR '1'='1`, '\0', NOBODY],
    (sub) => `sub ${JSON.stringify(sub)}`,
    (sub) => (claims, key) => sign({ ...claims, sub }, key),
  ),
  ...each(
    ['9999999999', null, 0, -1, true, {}, '2999-01-01'],
    (exp) => `exp ${JSON.stringify(exp)}`,
    (exp) => (claims, key) => sign({ ...claims, exp }, key),
  ),
  ...each(
    ['x', null, 1],
    (jti) => `jti ${JSON.stringify(jti)}`,
    (jti) => (claims, key) => sign({ ...claims, jti }, key),
  ),
  'a type in another case': (claims, key) =>
    sign({ ...claims, type: String(claims.type).toUpperCase() }, key),
  'a list of types': (claims, key) => sign({ ...claims, type: [claims.type] }, key),
  'claims that are a list': (claims, key) => sign([claims], key),
  'claims that are a string': (_, key) => sign('claims', key),
  'not a JWT': () => 'x',
  'only dots': () => '...',
  'bytes that are no JSON': () => 'AAAA.AAAA.AAAA',
};

describe.each(TYPES)('a forged token: %s', (type) => {
  it('is refused however it is made, while the genuine one stays good', async () => {
    const genuine = (await holderOfAll(test))[type];
    const [door, claims, key] = [doorFor(type), claimsOf(genuine), keyOf(test, type)];
    const outcomes: Record<string, unknown> = {};
    for (const [name, forge] of Object.entries(FORGERIES)) {
      const forged = forge(claims, key, genuine);
      const { status, body } = await door.present(test, forged);
      outcomes[name] = [status, body?.code];
    }
    const refusals = Object.keys(FORGERIES).map((name) => [name, door.refusal]);
    expect(outcomes).toEqual(Object.fromEntries(refusals));
    // Signed by hand with nothing changed, it is the genuine one: the forgeries were well made.
    expect(sign(claims, key)).toBe(genuine);
    expect((await door.present(test, genuine)).status).toBe(200);
  });
});

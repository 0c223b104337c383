import {
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign as signWithKey,
} from 'node:crypto';
import { accessDoors, outcomesOf, refusalsOf } from './support/doors';
import { base64url, type Claims, claimsOf, headerOf, sign, signatureOf } from './support/jwt';
import { itLogsNoSecret } from './support/log';
import { isAccepted, signedIn } from './support/people';
import { needing, useTarget } from './support/target';

const INTROSPECTION_TOKEN = randomBytes(24).toString('base64url');
const target = useTarget({ ACCESS_TOKEN_ALGORITHM: 'RS256', INTROSPECTION_TOKEN });
const attack = needing('people', 'jwks');

type Jwk = JsonWebKey & { readonly kid: string; readonly alg: string };

async function publishedKeys(): Promise<readonly Jwk[]> {
  const { body } = await target.client().get('/.well-known/jwks.json');
  return body.keys as Jwk[];
}

/** A signature with a private key of the attacker's own, of whatever the header says. */
function signedBy(key: KeyObject, claims: Claims, header: object): string {
  const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  const dsaEncoding = 'ieee-p1363';
  const signature = signWithKey('sha256', Buffer.from(signed), { key, dsaEncoding });
  return `${signed}.${signature.toString('base64url')}`;
}

async function expectRefused(
  forge: (claims: Claims, header: Claims, genuine: string) => readonly string[],
): Promise<void> {
  const { access_token: genuine } = (await signedIn(target)).tokens;
  const doors = await accessDoors(target);
  for (const forged of forge(claimsOf(genuine), headerOf(genuine), genuine))
    expect(await outcomesOf(target, doors, forged)).toEqual(refusalsOf(doors));
  expect(await isAccepted(target, genuine)).toBe(true);
}

describe('a token of a target that publishes its keys', () => {
  attack('CVE-2015-9235 / CVE-2022-29217: HS256 with a published key is refused', async () => {
    const keys = await publishedKeys();
    const secrets = keys.flatMap((jwk) => {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      const pem = key.export({ type: 'spki', format: 'pem' }).toString();
      const pkcs1 = jwk.kty === 'RSA' ? [key.export({ type: 'pkcs1', format: 'pem' })] : [];
      const modulus = Buffer.from(String(jwk.n ?? jwk.x), 'base64url');
      const der = key.export({ type: 'spki', format: 'der' });
      const texts = [pem, pem.trim(), `\n${pem}`, ...pkcs1.map(String), JSON.stringify(jwk)];
      return [...texts, jwk.kid, der, modulus];
    });
    await expectRefused((claims, { kid }) =>
      secrets.flatMap((secret) => [sign(claims, secret, { kid }), sign(claims, secret)]),
    );
  });

  attack('RFC 8725 §3.1: the algorithm is the one of the key, not of the header', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { privateKey: curve } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const others = ['RS384', 'RS512', 'PS256', 'none', 'rs256', 'ES384', undefined];
    await expectRefused((claims, header, genuine) => [
      ...others.map((alg) => signedBy(privateKey, claims, { ...header, alg })),
      ...others.map((alg) => {
        const changed = base64url(JSON.stringify({ ...header, alg }));
        return `${changed}.${genuine.split('.')[1]}.${signatureOf(genuine)}`;
      }),
      signedBy(curve, claims, { ...header, alg: 'ES256' }),
      signedBy(privateKey, claims, { ...header, alg: 'RS256' }),
    ]);
  });

  attack('CVE-2018-0114: a key of the attacker is not taken for a published one', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [published] = await publishedKeys();
    const own = { ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
    await expectRefused((claims, header) =>
      [
        { ...header, jwk: { ...own, kid: header.kid } },
        { ...header, kid: base64url(randomBytes(32)), jwk: own },
        { ...header, jwk: published },
        { ...header, kid: undefined, jwk: own },
        { ...header, kid: [header.kid] },
        { ...header, kid: { kid: header.kid } },
        { ...header, kid: '../jwks.json' },
      ].map((one) => signedBy(privateKey, claims, one)),
    );
  });

  needing(
    'people',
    'jwks',
    'secret',
  )('CWE-347: SECRET_KEY signs for none of them', async () => {
    await expectRefused((claims, { kid }) =>
      [kid, null, '', 'x', [], 0].map((one) => sign(claims, target.secretKey, { kid: one })),
    );
  });

  attack('RFC 7517 §9.2: shows public members of its keys, and no others', async () => {
    const keys = await publishedKeys();
    expect(keys.length).toBeGreaterThan(0);
    const shown = new Set(['kty', 'kid', 'use', 'alg', 'n', 'e', 'crv', 'x', 'y']);
    for (const key of keys) {
      expect(Object.keys(key).filter((name) => !shown.has(name))).toEqual([]);
      expect(['RSA', 'EC']).toContain(key.kty);
    }
  });
});

describe('RFC 7662 §4: introspection', () => {
  const ask = (token: string, authorization?: string) =>
    target.client().call('POST', 'auth/introspect', {
      form: { token },
      ...(authorization !== undefined && { headers: { authorization } }),
    });
  const basic = (password: string): string =>
    `Basic ${Buffer.from(`x:${password}`).toString('base64')}`;

  attack('tells nobody who has no credential of a service, whose token it is', async () => {
    const { tokens } = await signedIn(target);
    const { access_token: access, refresh_token: refresh } = tokens;
    const admin = await target.adminToken();
    const bearers = [access, refresh, admin, '', 'x', INTROSPECTION_TOKEN.slice(1)];
    const tries = bearers.flatMap((one) => [`Bearer ${one}`, basic(one)]);
    for (const authorization of [undefined, ...tries, `Bearer ${INTROSPECTION_TOKEN}x`]) {
      const { status, text } = await ask(access, authorization);
      expect([401, 404]).toContain(status);
      expect(text).not.toContain('"active"');
    }
  });

  needing('people', 'settings')(
    'says of a bad token that it is not active, and no more',
    async () => {
      const { tokens } = await signedIn(target);
      const { access_token: access, refresh_token: refresh } = tokens;
      const about = async (token: string): Promise<unknown> =>
        (await ask(token, `Bearer ${INTROSPECTION_TOKEN}`)).body;
      expect(await about(access)).toMatchObject({ active: true });
      const { body: next } = await target.client().post('auth/refresh', { refresh_token: refresh });
      const forged = sign(claimsOf(access), 'x', headerOf(access));
      for (const bad of ['x', forged, access.slice(0, -4), refresh])
        expect(await about(bad)).toEqual({ active: false });
      expect((await target.client().post('auth/logout', {}, { token: access })).status).toBe(200);
      for (const dead of [access, next.refresh_token as string])
        expect(await about(dead)).toEqual({ active: false });
    },
  );
});

itLogsNoSecret(target);

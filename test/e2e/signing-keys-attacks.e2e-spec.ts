import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { AuditService } from '../../src/audit/audit.service';
import { UnitOfWork } from '../../src/database/unit-of-work';
import type { RingKey } from '../../src/tokens/keys/key-ring';
import { KeyRotation } from '../../src/tokens/keys/key-rotation.service';
import { KeySeal } from '../../src/tokens/keys/key-seal';
import { SigningKeysRepository } from '../../src/tokens/keys/signing-keys.repository';
import { doorFor, DOORS, holderOfAll, TYPES } from '../support/doors';
import {
  type Claims,
  claimsOf,
  keyOf,
  ringOf,
  sign,
  signBy,
  signerOf,
  unsigned,
} from '../support/forge';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

type Algorithm = RingKey['algorithm'];

const generate = (algorithm: Algorithm) =>
  algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** What an attacker has to make a token with: all that is public, and keys of their own. */
interface Loot {
  readonly claims: Claims;
  readonly genuine: string;
  /** The service's own key. Its private part is for what even its holder must not get through. */
  readonly own: RingKey;
  /** Another key of the service, of the other algorithm. */
  readonly other: RingKey;
  readonly stranger: RingKey;
  readonly secretKey: KeyObject;
}

type Forgery = (loot: Loot) => string;

const bodyOf = (jwt: string): string => jwt.slice(0, jwt.lastIndexOf('.'));
const withSignature = (jwt: string, signature: Buffer): string =>
  `${bodyOf(jwt)}.${signature.toString('base64url')}`;

/** CVE-2015-9235: the public key, in whatever form a verifier may hold it, as an HMAC secret. */
const PUBLIC_FORMS: Readonly<Record<string, (key: KeyObject) => string | Buffer>> = {
  PEM: (key) => key.export({ type: 'spki', format: 'pem' }),
  'PEM without its last line break': (key) =>
    key.export({ type: 'spki', format: 'pem' }).toString().trimEnd(),
  DER: (key) => key.export({ type: 'spki', format: 'der' }),
  JWK: (key) => JSON.stringify(key.export({ format: 'jwk' })),
};

const confusions = Object.fromEntries(
  Object.entries(PUBLIC_FORMS).flatMap(([form, exported]) =>
    (['its kid', 'no kid'] as const).map((name): [string, Forgery] => [
      `HS256 with the public key as ${form}, ${name}`,
      ({ claims, own }) =>
        sign(claims, exported(own.publicKey) as string, {
          kid: name === 'its kid' ? own.kid : undefined,
        }),
    ]),
  ),
);

const FORGERIES: Readonly<Record<string, Forgery>> = {
  ...confusions,
  'HS256 with SECRET_KEY, under the kid of a key pair': ({ claims, own, secretKey }) =>
    sign(claims, secretKey, { kid: own.kid }),
  'SECRET_KEY as what signs, the algorithm of the key pair': ({ claims, own, secretKey }) =>
    sign(claims, secretKey, { alg: own.algorithm, kid: own.kid }),
  'alg none under a good kid': ({ claims, own }) => unsigned(claims, 'none', { kid: own.kid }),
  'alg none with the genuine signature': ({ claims, own, genuine }) =>
    unsigned(claims, 'none', { kid: own.kid }) + genuine.slice(genuine.lastIndexOf('.') + 1),
  'no alg': ({ claims, own }) => signBy(claims, own, { alg: undefined }),
  'the algorithm in another case': ({ claims, own }) =>
    signBy(claims, own, { alg: own.algorithm.toLowerCase() }),
  'a longer digest by the right key': ({ claims, own }) =>
    signBy(claims, own, { alg: `${own.algorithm.slice(0, 2)}512` }),
  'the right key under a name that nobody has': ({ claims, own }) =>
    signBy(claims, own, { kid: 'x'.repeat(43) }),
  'the right key without its name': ({ claims, own }) => signBy(claims, own, { kid: undefined }),
  'the right key, its name in another member': ({ claims, own }) =>
    signBy(claims, own, { kid: undefined, KID: own.kid }),
  "a stranger's key under our kid": ({ claims, own, stranger }) =>
    signBy(claims, stranger, { kid: own.kid }),
  "a stranger's key under its own kid": ({ claims, stranger }) => signBy(claims, stranger),
  "a stranger's key in jwk (RFC 7515 §4.1.3)": ({ claims, own, stranger }) =>
    signBy(claims, stranger, { kid: own.kid, jwk: stranger.publicKey.export({ format: 'jwk' }) }),
  "a stranger's key in jwk, and no kid": ({ claims, stranger }) =>
    signBy(claims, stranger, {
      kid: undefined,
      jwk: stranger.publicKey.export({ format: 'jwk' }),
    }),
  "a stranger's keys at jku (RFC 7515 §4.1.2)": ({ claims, stranger }) =>
    signBy(claims, stranger, { jku: 'http://127.0.0.1:1/jwks.json' }),
  "a stranger's certificate at x5u and in x5c": ({ claims, own, stranger }) =>
    signBy(claims, stranger, { kid: own.kid, x5u: 'http://127.0.0.1:1/', x5c: ['MIIB'] }),
  'the kid of a key of the other algorithm': ({ claims, own, other }) =>
    signBy(claims, own, { kid: other.kid }),
  'the kid and algorithm of the other key': ({ claims, own, other }) =>
    signBy(claims, own, { kid: other.kid, alg: other.algorithm }),
  'the algorithm of the other key': ({ claims, own, other }) =>
    signBy(claims, own, { alg: other.algorithm }),
  'the other key under our kid and algorithm': ({ claims, own, other }) =>
    signBy(claims, other, { kid: own.kid, alg: own.algorithm }),
  'a signature of zeros (CVE-2022-21449)': ({ genuine }) =>
    withSignature(genuine, Buffer.alloc(64)),
  'a signature of zeros, as long as RSA has it': ({ genuine }) =>
    withSignature(genuine, Buffer.alloc(256)),
  'no signature': ({ genuine }) => `${bodyOf(genuine)}.`,
  'a signature of chance': ({ genuine }) => withSignature(genuine, randomBytes(64)),
  'other claims under the genuine signature': ({ claims, own, genuine }) =>
    `${bodyOf(signBy({ ...claims, role: 'admin' }, own))}.${genuine.split('.')[2]}`,
  'a refresh token by the key of access tokens': ({ claims, own }) =>
    signBy({ ...claims, type: 'refresh' }, own),
  'another issuer': ({ claims, own }) => signBy({ ...claims, iss: 'http://evil.example' }, own),
  'another audience': ({ claims, own }) => signBy({ ...claims, aud: 'elsewhere' }, own),
  'no expiry': ({ claims, own }) => signBy({ ...claims, exp: undefined }, own),
  'no session': ({ claims, own }) => signBy({ ...claims, sid: undefined }, own),
  'claims that are null': ({ own }) => signBy(null, own),
  'claims that are a string': ({ own }) => signBy('claims', own),
};

let test: TestApp;
afterEach(() => test.close());

/** A key of the other algorithm, which verifies, as after a change of algorithm. */
async function addOther(algorithm: Algorithm): Promise<RingKey> {
  const get = <T>(type: abstract new (...args: never[]) => T) =>
    test.app.get<T>(type, { strict: false });
  const tokens = { ...test.config.tokens, accessTokenAlgorithm: algorithm };
  const config = Object.assign({}, test.config, { tokens });
  const [repository, seal, audit] = [get(SigningKeysRepository), get(KeySeal), get(AuditService)];
  await new KeyRotation(repository, seal, audit, get(UnitOfWork), config, test.clock).ensure();
  await ringOf(test).reload();
  const kids = (await repository.list()).filter((key) => key.algorithm === algorithm);
  return (await ringOf(test).find(kids[0]!.kid))!;
}

const strangerOf = (algorithm: Algorithm): RingKey => {
  const kid = randomBytes(32).toString('base64url');
  return { ...signerOf(test), kid, algorithm, ...generate(algorithm) };
};

describe.each([
  ['RS256', 'ES256'],
  ['ES256', 'RS256'],
] as const)('forged where %s signs', (algorithm, otherAlgorithm) => {
  beforeEach(async () => {
    test = await startTestApp({ env: { ACCESS_TOKEN_ALGORITHM: algorithm } });
  });

  it('an access token is refused however it is made, while the genuine one stays good', async () => {
    const { access: genuine } = await holderOfAll(test);
    const loot: Loot = {
      claims: claimsOf(genuine),
      genuine,
      own: signerOf(test),
      other: await addOther(otherAlgorithm),
      stranger: strangerOf(algorithm),
      secretKey: keyOf(test, 'access'),
    };
    const door = doorFor('access');
    const outcomes: Record<string, unknown> = {};
    for (const [name, forge] of Object.entries(FORGERIES)) {
      const { status, body } = await door.present(test, forge(loot));
      outcomes[name] = [status, body?.code];
    }
    const refusals = Object.keys(FORGERIES).map((name) => [name, door.refusal]);
    expect(outcomes).toEqual(Object.fromEntries(refusals));
    // Made by hand with nothing changed they are good: the forgeries were well made.
    for (const key of [loot.own, loot.other])
      expect((await door.present(test, signBy(loot.claims, key))).status).toBe(200);
    expect((await door.present(test, genuine)).status).toBe(200);
  });

  it('a token of another type is refused, although the key is right for access tokens', async () => {
    for (const type of TYPES.filter((other) => other !== 'access')) {
      const holder = await holderOfAll(test);
      const forged = signBy(claimsOf(holder[type]), signerOf(test));
      for (const door of DOORS.filter(({ takes }) => takes === type))
        expectProblem(await door.present(test, forged), ...door.refusal);
      expect((await doorFor(type).present(test, holder[type])).status).toBe(200);
    }
  });
});

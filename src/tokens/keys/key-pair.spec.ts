import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import { makeKeyPair } from './key-pair';

const ALGORITHMS = ['RS256', 'ES256'] as const;
/** RFC 7638 §3.2: the required members in the order of their names, without any space. */
const MEMBERS = { RS256: ['e', 'kty', 'n'], ES256: ['crv', 'kty', 'x', 'y'] };

describe.each(ALGORITHMS)('a key pair for %s', (algorithm) => {
  it('has a public key without a private member, which fits the private one', async () => {
    const { publicJwk, privateKey } = await makeKeyPair(algorithm);
    expect(Object.keys(publicJwk).toSorted()).toEqual(MEMBERS[algorithm]);
    const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' });
    const text = Buffer.from('text');
    expect(verify('sha256', text, publicKey, sign('sha256', text, privateKey))).toBe(true);
  });

  it('is named by its thumbprint (RFC 7638)', async () => {
    const { kid, publicJwk } = await makeKeyPair(algorithm);
    const canonical = JSON.stringify(publicJwk, MEMBERS[algorithm]);
    expect(kid).toBe(createHash('sha256').update(canonical).digest('base64url'));
  });
});

it('has 2048 bits for RS256, and the curve P-256 for ES256', async () => {
  const keys = await Promise.all(ALGORITHMS.map(makeKeyPair));
  const details = keys.map(({ privateKey }) => privateKey.asymmetricKeyDetails);
  expect(details).toMatchObject([{ modulusLength: 2048 }, { namedCurve: 'prime256v1' }]);
});

it('has a name that no command line takes for an option', async () => {
  for (let n = 0; n < 600; n++) {
    const { kid } = await makeKeyPair('ES256');
    expect(kid).toMatch(/^[A-Za-z0-9_]/);
  }
});

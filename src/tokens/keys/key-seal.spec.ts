import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SystemRandom } from '../../common/random/random';
import type { AppConfig } from '../../config/app-config';
import { KeySeal } from './key-seal';

const NAME = { kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', algorithm: 'ES256' } as const;

const sealWith = (secretKey: string) =>
  new KeySeal({ tokens: { secretKey } } as AppConfig, new SystemRandom());

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const seal = sealWith('a key that is known to us alone');
const sealed = seal.seal(privateKey, NAME);

const der = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' });

it('opens what it has sealed', () => {
  expect(der(seal.open(sealed, NAME)!)).toEqual(der(privateKey));
});

it('shows nothing of the key', () => {
  const { d } = privateKey.export({ format: 'jwk' });
  expect(sealed.includes(Buffer.from(d!, 'base64url'))).toBe(false);
});

it('never seals twice with the same initialisation vector', () => {
  const vectors = Array.from({ length: 100 }, () =>
    seal.seal(privateKey, NAME).subarray(0, 12).toString('hex'),
  );
  expect(new Set(vectors).size).toBe(100);
});

it.each([
  ['another SECRET_KEY', sealWith('a key that is known to others'), NAME],
  ['another name', seal, { ...NAME, kid: NAME.kid.toLowerCase() }],
  ['another algorithm', seal, { ...NAME, algorithm: 'RS256' }],
] as const)('does not open for %s', (_, other, name) => {
  expect(other.open(sealed, name)).toBeNull();
});

it('does not open with any byte changed, or short of any', () => {
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect([at, seal.open(changed, NAME)]).toEqual([at, null]);
    expect([at, seal.open(sealed.subarray(0, at), NAME)]).toEqual([at, null]);
  }
});

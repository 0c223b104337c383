import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { AccessTokenAlgorithm } from '../../config/app-config';

const generate = promisify(generateKeyPair);

/** Those whose signatures others can check and not make. */
export type SigningAlgorithm = Exclude<AccessTokenAlgorithm, 'HS256'>;

/** What everybody may know of a key (RFC 7518 §6): never the members of a private one. */
export type PublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string };

export interface KeyPair {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: PublicJwk;
  readonly privateKey: KeyObject;
}

/** 112 bits, enough for keys that live for months: docs/adr/0016-signing-keys.md. */
const RSA_BITS = 2048;

/** A new pair, named by its thumbprint. Takes a thread of libuv's for up to a second. */
export async function makeKeyPair(algorithm: SigningAlgorithm): Promise<KeyPair> {
  const { publicKey, privateKey } =
    algorithm === 'RS256'
      ? await generate('rsa', { modulusLength: RSA_BITS })
      : await generate('ec', { namedCurve: 'P-256' });
  const publicJwk = publicKey.export({ format: 'jwk' }) as PublicJwk;
  const kid = await calculateJwkThumbprint(publicJwk);
  // A command line takes such a name for an option.
  if (kid.startsWith('-')) return makeKeyPair(algorithm);
  return { kid, algorithm, publicJwk, privateKey };
}

import { createHmac, type KeyObject, sign as signBytes } from 'node:crypto';
import { KeyRing, type RingKey } from '../../src/tokens/keys/key-ring';
import { SigningKeys } from '../../src/tokens/signing-keys';
import type { TokenType } from '../../src/tokens/token-claims';
import type { TestApp } from './test-app';

/** JWTs made by hand, without the library that the service checks them with. */

export type Claims = Readonly<Record<string, unknown>>;

interface Header {
  readonly alg?: string;
  readonly [name: string]: unknown;
}

const DIGESTS: Readonly<Record<string, string>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
};

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

export const claimsOf = (jwt: string): Claims =>
  JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString());

/** Signs with HMAC, as the header says or else with SHA-256. */
export function sign(claims: unknown, key: KeyObject | string, header: Header = {}): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  const digest = DIGESTS[header.alg ?? 'HS256'] ?? 'sha256';
  return `${signed}.${createHmac(digest, key).update(signed).digest('base64url')}`;
}

/** Signs with a private key, as its algorithm or the header says; with its kid or the header's. */
export function signBy(
  claims: unknown,
  { kid, algorithm, privateKey }: Pick<RingKey, 'kid' | 'algorithm' | 'privateKey'>,
  header: Header = {},
): string {
  const whole = { alg: algorithm, typ: 'JWT', kid, ...header };
  const signed = `${encode(whole)}.${encode(claims)}`;
  const [bits = '256'] = /\d+$/.exec(whole.alg ?? '') ?? [];
  const key = { key: privateKey!, dsaEncoding: 'ieee-p1363' as const };
  return `${signed}.${signBytes(`sha${bits}`, Buffer.from(signed), key).toString('base64url')}`;
}

export const headerOf = (jwt: string): Claims =>
  JSON.parse(Buffer.from(jwt.split('.', 1)[0]!, 'base64url').toString());

export const unsigned = (claims: unknown, alg: string, header: Header = {}): string =>
  `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}.`;

/** The key that the running service signs this type with. */
export const keyOf = ({ app }: TestApp, type: TokenType): KeyObject =>
  app.get(SigningKeys, { strict: false }).of(type).sign;

export const ringOf = ({ app }: TestApp): KeyRing => app.get(KeyRing, { strict: false });

/** The key pair that the running service signs access tokens with now. */
export const signerOf = (test: TestApp): RingKey => ringOf(test).signer()!;

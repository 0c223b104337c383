import { createHmac, type KeyObject } from 'node:crypto';
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

export const unsigned = (claims: unknown, alg: string): string =>
  `${encode({ alg, typ: 'JWT' })}.${encode(claims)}.`;

/** The key that the running service signs this type with. */
export const keyOf = ({ app }: TestApp, type: TokenType): KeyObject =>
  app.get(SigningKeys, { strict: false }).of(type).sign;

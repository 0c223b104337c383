import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';
import type { Target } from './target';

/** JWTs made by hand, without the library that the target checks them with. */

export type TokenType =
  'access' | 'refresh' | 'email_verification' | 'password_reset' | 'email_change';

export type Claims = Readonly<Record<string, unknown>>;
export type Header = Readonly<Record<string, unknown>>;

const DIGESTS: Readonly<Record<string, string>> = {
  HS256: 'sha256',
  HS384: 'sha384',
  HS512: 'sha512',
};

export const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');
const encode = (part: unknown): string =>
  base64url(typeof part === 'string' ? part : JSON.stringify(part));

const decode = (part: string): unknown =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;

export const headerOf = (jwt: string): Header => decode(jwt.split('.')[0]!) as Header;
export const claimsOf = (jwt: string): Claims => decode(jwt.split('.')[1]!) as Claims;
export const signatureOf = (jwt: string): string => jwt.split('.')[2]!;

/**
 * Signs with HMAC as the header says, or else with SHA-256. Claims and header may be given as the
 * text of their JSON.
 */
export function sign(
  claims: unknown,
  key: KeyObject | Buffer | string,
  header: Header | string = {},
): string {
  const full = typeof header === 'string' ? header : { alg: 'HS256', typ: 'JWT', ...header };
  const alg = typeof full === 'string' ? 'HS256' : full.alg;
  const signed = `${encode(full)}.${encode(claims)}`;
  const digest = createHmac(DIGESTS[alg] ?? 'sha256', key).update(signed);
  return `${signed}.${digest.digest('base64url')}`;
}

/** With an empty signature. */
export const unsigned = (claims: unknown, header: Header): string =>
  `${encode({ typ: 'JWT', ...header })}.${encode(claims)}.`;

/** The key that the target signs this type with, by its SECRET_KEY. Needs 'secret'. */
export function keyOf({ secretKey }: Target, type: TokenType): Buffer {
  if (type === 'access') return Buffer.from(secretKey);
  return Buffer.from(hkdfSync('sha256', secretKey, '', `gatehouse token ${type}`, 32));
}

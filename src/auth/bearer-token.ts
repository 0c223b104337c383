/**
 * What an Authorization header presents as its Bearer token (RFC 6750 §2.1), good or not; null
 * where it presents none: no header, another scheme, or nothing after it.
 */
export const bearerTokenIn = (authorization: string | undefined): string | null =>
  /^Bearer +(\S.*)$/i.exec(authorization ?? '')?.[1] ?? null;

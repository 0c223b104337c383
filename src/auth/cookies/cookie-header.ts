export interface CookieAttributes {
  readonly path: string;
  readonly maxAgeSeconds: number;
  readonly isHttpOnly: boolean;
  readonly isSecure: boolean;
}

/**
 * The value of a cookie in a Cookie header (RFC 6265 §4.2), as it is; null where it is missing or
 * empty, and where two have its name: a sibling domain may have planted one, and which cannot be
 * told. Never throws.
 */
export function cookieIn(header: string | undefined, name: string): string | null {
  const start = `${name}=`;
  const found = (header ?? '')
    .split(';')
    // Not trim(): a name after a no-break space is another name to browsers, which would let
    // anybody set it and defeat the prefix `__Host-`.
    .map((pair) => pair.replace(/^[ \t]+/, ''))
    .filter((pair) => pair.startsWith(start));
  return found.length === 1 ? found[0]!.slice(start.length) || null : null;
}

/** A Set-Cookie header (RFC 6265 §4.1) for a value that needs no encoding. */
export const renderCookie = (name: string, value: string, attributes: CookieAttributes): string =>
  [
    `${name}=${value}`,
    `Path=${attributes.path}`,
    // Whole seconds (RFC 6265 §4.1.1), rounded up: 0 would delete what lives.
    `Max-Age=${Math.ceil(attributes.maxAgeSeconds)}`,
    ...(attributes.isHttpOnly ? ['HttpOnly'] : []),
    ...(attributes.isSecure ? ['Secure'] : []),
    'SameSite=Lax',
  ].join('; ');

/** What a JWT says of itself. Proves nothing. */
export interface JwsHeader {
  readonly alg?: unknown;
  readonly kid?: unknown;
}

/** `{"`, in base64url: the beginning of a JSON object as we write it. */
const OBJECT = 'eyJ';

/**
 * The header of a compact JWS, or null for what can be no token of ours: whose header or claims are
 * no JSON object, or whose `crit` demands that we understand an extension (RFC 7515 §4.1.11).
 * jsonwebtoken looks at neither: it takes every `crit`, and trips over claims that are `null`.
 */
export function headerOf(jws: string): JwsHeader | null {
  const [header = '', claims = ''] = jws.split('.', 2);
  if (!header.startsWith(OBJECT) || !claims.startsWith(OBJECT)) return null;
  try {
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as JwsHeader;
    return 'crit' in parsed ? null : parsed;
  } catch {
    return null;
  }
}

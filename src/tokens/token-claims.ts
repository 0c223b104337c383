/** What each kind of token says besides `iss aud jti iat exp type`. */
export interface TokenClaims {
  /** Proves a session to every route. */
  readonly access: { readonly sub: string; readonly sid: string; readonly role: string };
  /** Proves one generation of a session to the refresh route; `jti` names the generation. */
  readonly refresh: { readonly sub: string; readonly sid: string };
  /** `bound`: digest of the address it verifies. */
  readonly email_verification: { readonly sub: string; readonly bound: string };
  /** `bound`: digest of the security stamp it was made under. */
  readonly password_reset: { readonly sub: string; readonly bound: string };
  /** `bound` as for a reset; `sid`: the session that asked, which stays. */
  readonly email_change: {
    readonly sub: string;
    readonly sid: string;
    readonly email: string;
    readonly bound: string;
  };
}

export type TokenType = keyof TokenClaims;

interface Registered {
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
}

export type VerifiedToken<T extends TokenType> = TokenClaims[T] & Registered;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const isUuid = (value: unknown): boolean => typeof value === 'string' && UUID.test(value);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const SHAPES: { readonly [T in TokenType]: Record<keyof TokenClaims[T], (v: unknown) => boolean> } =
  {
    access: { sub: isUuid, sid: isUuid, role: isText },
    refresh: { sub: isUuid, sid: isUuid },
    email_verification: { sub: isUuid, bound: isText },
    password_reset: { sub: isUuid, bound: isText },
    email_change: { sub: isUuid, sid: isUuid, email: isText, bound: isText },
  };

/** Whether a payload with a good signature is a whole token of this type, nothing missing or odd. */
export function isTokenOf<T extends TokenType>(
  type: T,
  payload: unknown,
): payload is VerifiedToken<T> {
  if (typeof payload !== 'object' || payload === null) return false;
  const claims = payload as Record<string, unknown>;
  return (
    claims.type === type &&
    isUuid(claims.jti) &&
    Number.isFinite(claims.iat) &&
    Number.isFinite(claims.exp) &&
    Object.entries(SHAPES[type]).every(([name, isGood]) => isGood(claims[name]))
  );
}

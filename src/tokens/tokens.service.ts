import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { type AccessTokenAlgorithm, AppConfig } from '../config/app-config';
import { type AccessTokenKey, AccessTokenKeys, type VerifyingKey } from './access-token-keys';
import { headerOf } from './jws-header';
import { SigningKeys } from './signing-keys';
import { isTokenOf, type TokenClaims, type TokenType, type VerifiedToken } from './token-claims';

const AUDIENCE = 'gatehouse';
/** Which of them, a token's key says. */
const ACCESS_TOKEN_ALGORITHMS: readonly AccessTokenAlgorithm[] = ['HS256', 'RS256', 'ES256'];

/** Where a token stands in time. Left out: issued now, with a fresh `jti`. */
export interface Issue {
  readonly expiresAt: Date;
  readonly issuedAt?: Date;
  readonly jti?: string;
}

/** Issues and verifies every JWT of the service (RFC 7519), each type under its own key. */
@Injectable()
export class TokensService {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: SigningKeys,
    private readonly accessKeys: AccessTokenKeys,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * The same claims, `jti` and times give the same token, bit for bit; of an access token that is
   * not promised, whose key may be another by then.
   * @throws NoSigningKeyError
   */
  issue<T extends TokenType>(type: T, claims: TokenClaims[T], when: Issue): string {
    const { algorithm, sign, kid } = this.signing(type);
    const payload = {
      ...claims,
      type,
      iss: this.config.tokens.issuer,
      aud: AUDIENCE,
      jti: when.jti ?? this.random.uuid(),
      iat: numericDate(when.issuedAt ?? this.clock.now()),
      exp: numericDate(when.expiresAt),
    };
    return this.jwt.sign(payload, { privateKey: sign, algorithm, ...(kid && { keyid: kid }) });
  }

  /**
   * The claims, or null for anything but a whole, unexpired token of exactly this type, signed
   * here with this type's key and algorithm. Never throws for what a client sent.
   */
  verify<T extends Exclude<TokenType, 'access'>>(type: T, token: string): VerifiedToken<T> | null {
    return this.check(type, token, this.keys.of(type));
  }

  /** As `verify`, for an access token, whose key another process may have made just now. */
  async verifyAccess(accessToken: string): Promise<VerifiedToken<'access'> | null> {
    const key = await this.accessKeys.find(accessToken);
    return key && this.check('access', accessToken, key);
  }

  /** What passport-jwt needs to check an access token exactly as `verifyAccess` does. */
  get accessTokenRules() {
    return {
      algorithms: [...ACCESS_TOKEN_ALGORITHMS],
      issuer: this.config.tokens.issuer,
      audience: AUDIENCE,
    };
  }

  private signing(
    type: TokenType,
  ): Pick<AccessTokenKey, 'algorithm' | 'sign'> & { kid?: string | null } {
    return type === 'access' ? this.accessKeys.current : this.keys.of(type);
  }

  private check<T extends TokenType>(
    type: T,
    token: string,
    { verify, algorithm }: VerifyingKey,
  ): VerifiedToken<T> | null {
    if (!headerOf(token)) return null;
    try {
      const payload: unknown = this.jwt.verify(token, {
        // The type lacks KeyObject, which jsonwebtoken takes and is ten times faster with.
        publicKey: verify as never,
        algorithms: [algorithm],
        issuer: this.config.tokens.issuer,
        audience: AUDIENCE,
        clockTimestamp: this.clock.nowSeconds(),
      });
      return isTokenOf(type, payload) ? payload : null;
    } catch {
      return null;
    }
  }
}

const numericDate = (date: Date): number => Math.floor(date.getTime() / 1000);

/** What binds a link to a state without telling it: SHA-256, base64url. */
export const digestOf = (state: string): string =>
  createHash('sha256').update(state).digest('base64url');

/** Compares in a time that does not depend on where the two differ. */
export function isDigestOf(digest: string, state: string): boolean {
  const [given, wanted] = [Buffer.from(digest), Buffer.from(digestOf(state))];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

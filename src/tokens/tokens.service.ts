import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { AppConfig } from '../config/app-config';
import { SigningKeys } from './signing-keys';
import { isTokenOf, type TokenClaims, type TokenType, type VerifiedToken } from './token-claims';

const AUDIENCE = 'gatehouse';

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
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** The same claims, `jti` and times give the same token, bit for bit. */
  issue<T extends TokenType>(type: T, claims: TokenClaims[T], when: Issue): string {
    const { algorithm, sign } = this.keys.of(type);
    const payload = {
      ...claims,
      type,
      iss: this.config.tokens.issuer,
      aud: AUDIENCE,
      jti: when.jti ?? this.random.uuid(),
      iat: numericDate(when.issuedAt ?? this.clock.now()),
      exp: numericDate(when.expiresAt),
    };
    return this.jwt.sign(payload, { privateKey: sign, algorithm });
  }

  /**
   * The claims, or null for anything but a whole, unexpired token of exactly this type, signed
   * here with this type's key and algorithm. Never throws for what a client sent.
   */
  verify<T extends TokenType>(type: T, token: string): VerifiedToken<T> | null {
    const { verify, algorithm } = this.keys.of(type);
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

  /** What passport-jwt needs to check an access token exactly as `verify('access', …)` does. */
  get accessTokenRules() {
    const { verify, algorithm } = this.keys.of('access');
    return {
      key: verify,
      algorithms: [algorithm],
      issuer: this.config.tokens.issuer,
      audience: AUDIENCE,
    };
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

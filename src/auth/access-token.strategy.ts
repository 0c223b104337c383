import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { Clock } from '../common/time/clock';
import { AccessTokenKeys } from '../tokens/access-token-keys';
import { isTokenOf } from '../tokens/token-claims';
import { TokensService } from '../tokens/tokens.service';
import type { SignedInUser } from '../users/account';
import { bearerTokenIn } from './bearer-token';
import { SessionCookies } from './cookies/session-cookies';
import { SessionsService } from './sessions/sessions.service';

/** What passport calls a strategy on: this strategy, at one request. */
interface Attempt {
  error(error: unknown): void;
}

/** The types of passport-jwt lack KeyObject, which jsonwebtoken takes and is ten times faster with. */
type KeyFound = (error: Error | null, key?: never) => void;

/**
 * Bearer token, or else access cookie, to signed-in user: the signature first, without I/O but for
 * a key that was made elsewhere, then one query that finds a live session. Role and state come from
 * there, not from the token.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    tokens: TokensService,
    keys: AccessTokenKeys,
    cookies: SessionCookies,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {
    super({
      // Not passport-jwt's own, which takes the first word after the scheme and ignores the rest.
      jwtFromRequest: (request: Pick<FastifyRequest, 'headers'>) =>
        bearerTokenIn(request.headers.authorization) ?? cookies.accessTokenIn(request),
      // A token without a key is no good. A database that was asked for its key and does not
      // answer says nothing about it, so that is not for `done`, which would refuse the token.
      async secretOrKeyProvider(this: Attempt, _: unknown, accessToken: string, done: KeyFound) {
        try {
          const key = await keys.find(accessToken);
          // Never undefined for a key: jsonwebtoken trips over it where the signature is empty.
          if (key) done(null, key.verify as never);
          else done(new Error('no key may have signed this'));
        } catch (error) {
          this.error(error);
        }
      },
      ...tokens.accessTokenRules,
      // Judged below by the injected clock.
      ignoreExpiration: true,
    });
  }

  async validate(payload: unknown): Promise<SignedInUser | false> {
    if (!isTokenOf('access', payload) || payload.exp <= this.clock.nowSeconds()) return false;
    return (await this.sessions.authenticate(payload.sid, payload.sub)) ?? false;
  }
}

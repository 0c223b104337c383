import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { Clock } from '../common/time/clock';
import { isTokenOf } from '../tokens/token-claims';
import { TokensService } from '../tokens/tokens.service';
import type { SignedInUser } from '../users/account';
import { bearerTokenIn } from './bearer-token';
import { SessionCookies } from './cookies/session-cookies';
import { SessionsService } from './sessions/sessions.service';

/**
 * Bearer token, or else access cookie, to signed-in user: the signature first, without I/O for
 * garbage, then one query that finds a live session. Role and state come from there, not from the
 * token.
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor(
    tokens: TokensService,
    cookies: SessionCookies,
    private readonly sessions: SessionsService,
    private readonly clock: Clock,
  ) {
    const { key, ...rules } = tokens.accessTokenRules;
    super({
      // Not passport-jwt's own, which takes the first word after the scheme and ignores the rest.
      jwtFromRequest: (request: Pick<FastifyRequest, 'headers'>) =>
        bearerTokenIn(request.headers.authorization) ?? cookies.accessTokenIn(request),
      // The types lack KeyObject, which jsonwebtoken takes and is ten times faster with.
      secretOrKey: key as never,
      ...rules,
      // Judged below by the injected clock.
      ignoreExpiration: true,
    });
  }

  async validate(payload: unknown): Promise<SignedInUser | false> {
    if (!isTokenOf('access', payload) || payload.exp <= this.clock.nowSeconds()) return false;
    return (await this.sessions.authenticate(payload.sid, payload.sub)) ?? false;
  }
}

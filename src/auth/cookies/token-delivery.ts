import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CsrfTokens } from '../../tokens/csrf-tokens';
import type { TokenPair } from '../sessions/sessions.service';
import { type TokenPairDto, toTokenPairDto } from '../sessions/token-pair.dto';
import type { CookieSessionDto } from './cookie-session.dto';
import { SessionCookies } from './session-cookies';

/** Hands a pair of tokens over in one of two ways, never in both. */
@Injectable()
export class TokenDelivery {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly csrfTokens: CsrfTokens,
  ) {}

  deliver(
    pair: TokenPair,
    reply: FastifyReply,
    asCookies: boolean,
  ): TokenPairDto | CookieSessionDto {
    if (!asCookies) return toTokenPairDto(pair);
    this.cookies.set(reply, pair);
    return {
      message: 'The tokens are set as cookies.',
      success: true,
      expires_in: pair.expiresInSeconds,
      csrf_token: this.csrfTokens.of(pair.sessionId),
    };
  }
}

import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CsrfTokens } from '../../tokens/csrf-tokens';
import type { TokenPair } from '../sessions/sessions.service';
import { type TokenPairDto, toTokenPairDto } from '../sessions/token-pair.dto';
import { CookieSession } from './cookie-session';
import type { CookieSessionDto } from './cookie-session.dto';
import { SessionCookies } from './session-cookies';

/** Hands a pair of tokens over in one of two ways, never in both. */
@Injectable()
export class TokenDelivery {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly session: CookieSession,
    private readonly csrfTokens: CsrfTokens,
  ) {}

  /** Cookies replace those that the request came with, and end the session of these. */
  async deliver(
    pair: TokenPair,
    reply: FastifyReply,
    asCookies: boolean,
  ): Promise<TokenPairDto | CookieSessionDto> {
    if (!asCookies) return toTokenPairDto(pair);
    await this.session.endReplaced(reply.request, pair);
    this.cookies.set(reply, pair);
    return {
      message: 'The tokens are set as cookies.',
      success: true,
      expires_in: pair.expiresInSeconds,
      csrf_token: this.csrfTokens.of(pair.sessionId),
    };
  }
}

import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Client } from '../../common/http/client';
import { CookieSession } from '../cookies/cookie-session';
import { CsrfProof } from '../cookies/csrf-proof';
import { SessionCookies } from '../cookies/session-cookies';
import { LogoutService } from './logout.service';

@Injectable()
export class CookieLogout {
  constructor(
    private readonly logouts: LogoutService,
    private readonly session: CookieSession,
    private readonly csrf: CsrfProof,
    private readonly cookies: SessionCookies,
  ) {}

  /**
   * Ends the session of the cookies, if the request proves to be meant. Cookies that are no good
   * are cleared; a forged request clears nothing.
   * @throws OriginNotAllowedError, CsrfTokenInvalidError, and what `LogoutService.logout` does
   */
  async logout(request: FastifyRequest, reply: FastifyReply, client: Client): Promise<void> {
    const claims = await this.session.claimsIn(request);
    this.csrf.demand(request, claims?.sid ?? null);
    const accessToken = this.cookies.accessTokenIn(request);
    const refreshToken = this.cookies.refreshTokenIn(request);
    return this.session.clearIfRefused(request, reply, () =>
      this.logouts.logout(accessToken, refreshToken, client),
    );
  }
}

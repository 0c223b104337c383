import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnauthenticatedError } from '../../common/access/access.errors';
import type { Client } from '../../common/http/client';
import { CookieSession } from '../cookies/cookie-session';
import { CsrfProof } from '../cookies/csrf-proof';
import { SessionCookies } from '../cookies/session-cookies';
import { RefreshService } from '../sessions/refresh.service';
import type { TokenPair } from '../sessions/sessions.service';

@Injectable()
export class CookieRefresh {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly session: CookieSession,
    private readonly csrf: CsrfProof,
    private readonly cookies: SessionCookies,
  ) {}

  /**
   * As `RefreshService.refresh`, by the refresh cookie and if the request proves to be meant. A
   * refusal clears the cookies; a forged request clears nothing.
   * @throws UnauthenticatedError without that cookie; OriginNotAllowedError, CsrfTokenInvalidError
   */
  async refresh(request: FastifyRequest, reply: FastifyReply, client: Client): Promise<TokenPair> {
    // Not of the access cookie's session: a planted refresh cookie would take the browser over.
    this.csrf.demand(request, this.session.refreshClaimsIn(request)?.sid ?? null);
    const refreshToken = this.cookies.refreshTokenIn(request);
    return this.session.clearIfRefused(request, reply, async () => {
      if (refreshToken === null) throw new UnauthenticatedError();
      return this.refreshes.refresh(refreshToken, client);
    });
  }
}

import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CsrfTokens } from '../../tokens/csrf-tokens';
import { AllowedOrigins } from './allowed-origins';
import { CsrfTokenInvalidError } from './cookies.errors';
import { SessionCookies } from './session-cookies';

/** That a request which cookies authenticate was meant, and not caused by a page elsewhere. */
@Injectable()
export class CsrfProof {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly csrfTokens: CsrfTokens,
    private readonly origins: AllowedOrigins,
  ) {}

  /**
   * Passes a request from an allowed page whose header and whose cookie both hold the CSRF token of
   * this session (signed double submit). Null: cookies of no session, so only the page is judged.
   * @throws OriginNotAllowedError, CsrfTokenInvalidError
   */
  demand(request: Pick<FastifyRequest, 'headers'>, sessionId: string | null): void {
    this.origins.demand(request);
    if (sessionId === null) return;
    const header = request.headers['x-csrf-token'];
    if (typeof header !== 'string' || !this.csrfTokens.isOf(sessionId, header))
      throw new CsrfTokenInvalidError();
    if (this.cookieOf(request, sessionId) === null) throw new CsrfTokenInvalidError();
  }

  /** What the CSRF cookie holds, if that is the token of this session, else null. */
  cookieOf(request: Pick<FastifyRequest, 'headers'>, sessionId: string): string | null {
    const csrfToken = this.cookies.csrfTokenIn(request);
    return csrfToken !== null && this.csrfTokens.isOf(sessionId, csrfToken) ? csrfToken : null;
  }
}

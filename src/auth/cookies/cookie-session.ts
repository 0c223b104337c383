import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InvalidAccessTokenError, UnauthenticatedError } from '../../common/access/access.errors';
import { clientOf } from '../../common/http/client';
import { TokensService } from '../../tokens/tokens.service';
import { InvalidRefreshTokenError, RefreshTokenReusedError } from '../auth.errors';
import { SessionsService, type TokenPair } from '../sessions/sessions.service';
import { CsrfProof } from './csrf-proof';
import { SessionCookies } from './session-cookies';

type Request = Pick<FastifyRequest, 'headers'>;

interface Claims {
  readonly sid: string;
  readonly sub: string;
}

const REFUSALS = [
  UnauthenticatedError,
  InvalidAccessTokenError,
  InvalidRefreshTokenError,
  RefreshTokenReusedError,
];

/** The session that the cookies of a request stand for, by their signatures; it may have ended. */
@Injectable()
export class CookieSession {
  constructor(
    private readonly cookies: SessionCookies,
    private readonly csrf: CsrfProof,
    private readonly tokens: TokensService,
    private readonly sessions: SessionsService,
  ) {}

  async claimsIn(request: Request): Promise<Claims | null> {
    const accessToken = this.cookies.accessTokenIn(request);
    const claims = accessToken === null ? null : await this.tokens.verifyAccess(accessToken);
    return claims ?? this.refreshClaimsIn(request);
  }

  refreshClaimsIn(request: Request): Claims | null {
    const refreshToken = this.cookies.refreshTokenIn(request);
    return refreshToken === null ? null : this.tokens.verify('refresh', refreshToken);
  }

  /**
   * The CSRF token of a live session, to a browser that has it as a cookie. A refresh cookie alone
   * does not do: a sibling domain may have planted its own.
   * @throws UnauthenticatedError, InvalidAccessTokenError
   */
  async csrfToken(request: Request): Promise<string> {
    const claims = await this.claimsIn(request);
    const csrfToken = claims && this.csrf.cookieOf(request, claims.sid);
    if (!claims || !csrfToken) throw new UnauthenticatedError();
    if (!(await this.sessions.authenticate(claims.sid, claims.sub)))
      throw new InvalidAccessTokenError();
    return csrfToken;
  }

  /**
   * Ends the session that the cookies stood for until `pair` replaces them: nobody would ever sign
   * it out. Of the same user only: a sibling domain may have planted a session of its own, and whose
   * that is would read in their activity from where somebody signed in.
   */
  async endReplaced(request: FastifyRequest, pair: TokenPair): Promise<void> {
    const replaced = this.refreshClaimsIn(request);
    if (!replaced || replaced.sid === pair.sessionId) return;
    // Not the `sub` of the cookie: what is another's does not end by this.
    const { sub: userId } = this.tokens.verify('refresh', pair.refreshToken)!;
    await this.sessions.end({ sessionId: replaced.sid, userId }, 'signed_out', clientOf(request));
  }

  /** Rethrows what `work` throws; if that is a refusal of its tokens, the cookies are cleared. */
  async clearIfRefused<T>(
    request: Request,
    reply: FastifyReply,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (REFUSALS.some((Refusal) => error instanceof Refusal))
        this.cookies.clearSent(request, reply);
      throw error;
    }
  }
}

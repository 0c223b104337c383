import { Injectable } from '@nestjs/common';
import { InvalidAccessTokenError, UnauthenticatedError } from '../../common/access/access.errors';
import type { Client } from '../../common/http/client';
import { TokensService } from '../../tokens/tokens.service';
import { InvalidRefreshTokenError } from '../auth.errors';
import { SessionsService } from '../sessions/sessions.service';

@Injectable()
export class LogoutService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly tokens: TokensService,
  ) {}

  /**
   * Ends the session of each good token. A token whose session has ended is good enough: signing
   * out twice is fine.
   * @throws UnauthenticatedError if there is neither token; InvalidAccessTokenError or
   *   InvalidRefreshTokenError if there are tokens and none is good
   */
  async logout(
    accessToken: string | null,
    refreshToken: string | null,
    client: Client,
  ): Promise<void> {
    const claims = [
      accessToken && (await this.tokens.verifyAccess(accessToken)),
      refreshToken && this.tokens.verify('refresh', refreshToken),
    ].filter((token) => token !== null && token !== '');
    if (claims.length === 0) {
      if (accessToken) throw new InvalidAccessTokenError();
      throw refreshToken ? new InvalidRefreshTokenError() : new UnauthenticatedError();
    }
    for (const { sid, sub } of claims) {
      await this.sessions.end({ sessionId: sid, userId: sub }, 'signed_out', client);
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { VerifiedToken } from '../../tokens/token-claims';
import { TokensService } from '../../tokens/tokens.service';
import type { SignedInUser } from '../../users/account';
import { SessionsService } from '../sessions/sessions.service';

type Type = 'access' | 'refresh';

/** A token that would be taken at this moment, and whose it is, as the database says. */
export interface LiveToken {
  readonly type: Type;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: VerifiedToken<Type>;
  readonly user: SignedInUser;
}

@Injectable()
export class IntrospectionService {
  constructor(
    private readonly tokens: TokensService,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Null for anything but an access token of a live session, or the refresh token that its session
   * rotates next. Only looks: a refresh token that was replaced is neither rotated nor taken for
   * stolen here, since whoever asks about one is not who used it.
   */
  async introspect(token: string): Promise<LiveToken | null> {
    return (await this.accessToken(token)) ?? (await this.refreshToken(token));
  }

  private async accessToken(token: string): Promise<LiveToken | null> {
    const claims = await this.tokens.verifyAccess(token);
    const user = claims && (await this.sessions.authenticate(claims.sid, claims.sub));
    return user && { type: 'access', ...this.common, claims, user };
  }

  private async refreshToken(token: string): Promise<LiveToken | null> {
    const claims = this.tokens.verify('refresh', token);
    if (!claims) return null;
    const presented = { sessionId: claims.sid, userId: claims.sub, jti: claims.jti };
    const user = await this.sessions.authenticateRefresh(presented);
    return user && { type: 'refresh', ...this.common, claims, user };
  }

  private get common(): Pick<LiveToken, 'issuer' | 'audience'> {
    const { issuer, audience } = this.tokens.accessTokenRules;
    return { issuer, audience };
  }
}

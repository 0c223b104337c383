import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import { TokensService } from '../../tokens/tokens.service';
import { UsersService } from '../../users/users.service';
import { InvalidRefreshTokenError, RefreshTokenReusedError } from '../auth.errors';
import { describeDevice } from './device';
import type { Presented } from './sessions.repository';
import { SessionsService, type TokenPair } from './sessions.service';

@Injectable()
export class RefreshService {
  constructor(
    private readonly sessions: SessionsService,
    private readonly tokens: TokensService,
    private readonly users: UsersService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Rotates: of N concurrent callers with one refresh token one makes the next generation, and
   * the others get that same pair. After the grace an old token ends its session (RFC 9700
   * §4.14.2), with one audit event and one mail however often it is presented.
   * @throws InvalidRefreshTokenError, RefreshTokenReusedError
   */
  async refresh(refreshToken: string, client: Client): Promise<TokenPair> {
    const claims = this.tokens.verify('refresh', refreshToken);
    if (!claims) throw new InvalidRefreshTokenError();
    const presented = { sessionId: claims.sid, userId: claims.sub, jti: claims.jti };
    const pair =
      (await this.sessions.rotate(presented, client)) ??
      (await this.sessions.pairWithinGrace(presented)) ??
      // A password change of this session, committed while the first try waited for it, makes that
      // try miss; see `holdStamp`.
      (await this.sessions.rotate(presented, client));
    if (pair) return pair;
    throw (await this.endIfReused(presented, client))
      ? new RefreshTokenReusedError()
      : new InvalidRefreshTokenError();
  }

  /** Returns instead of throwing, so that what it wrote is committed. */
  private async endIfReused(presented: Presented, client: Client): Promise<boolean> {
    const account = await this.users.findById(presented.userId);
    return this.unitOfWork.run(async (tx) => {
      if (!account || !(await this.sessions.revokeReused(tx, presented))) return false;
      await this.audit.record(tx, {
        action: 'refresh_token_reused',
        actorId: null,
        subjectId: account.id,
        client,
        details: { sessionId: presented.sessionId },
      });
      const { ip, userAgent } = client;
      const values = { ip, device: describeDevice(userAgent) };
      await this.mail.oweTo(tx, 'refresh_token_reused', account, values);
      return true;
    });
  }
}

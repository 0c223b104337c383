import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import { Telemetry } from '../../telemetry/telemetry';
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
    private readonly telemetry: Telemetry,
    private readonly limits: RateLimits,
  ) {}

  /**
   * Rotates: of N concurrent callers with one refresh token one makes the next generation, and
   * the others get that same pair. After the grace an old token ends its session (RFC 9700
   * §4.14.2), with one audit event and one mail however often it is presented.
   * @throws InvalidRefreshTokenError, RefreshTokenReusedError, RateLimitedError
   */
  async refresh(refreshToken: string, client: Client): Promise<TokenPair> {
    const claims = this.tokens.verify('refresh', refreshToken);
    if (!claims) return this.refuse('refused');
    this.limits.refresh(claims.sid, client);
    const presented = { sessionId: claims.sid, userId: claims.sub, jti: claims.jti };
    const pair = await this.pairFor(presented, client);
    if (pair) return pair;
    return this.refuse((await this.endIfReused(presented, client)) ? 'reused' : 'refused');
  }

  private async pairFor(presented: Presented, client: Client): Promise<TokenPair | null> {
    const next = await this.sessions.rotate(presented, client);
    if (next) return this.counted('rotated', next);
    const current = await this.sessions.pairWithinGrace(presented);
    if (current) return this.counted('within_grace', current);
    // A password change of this session, committed while the first try waited for it, makes that
    // try miss; see `holdStamp`.
    const late = await this.sessions.rotate(presented, client);
    return late && this.counted('rotated', late);
  }

  private counted(outcome: 'rotated' | 'within_grace', pair: TokenPair): TokenPair {
    this.telemetry.refreshed(outcome);
    return pair;
  }

  private refuse(outcome: 'reused' | 'refused'): never {
    this.telemetry.refreshed(outcome);
    throw outcome === 'reused' ? new RefreshTokenReusedError() : new InvalidRefreshTokenError();
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

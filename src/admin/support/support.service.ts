import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { AuditAction } from '../../audit/audit-event.entity';
import type { Session } from '../../auth/sessions/session.entity';
import { SessionsService } from '../../auth/sessions/sessions.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import type { Account } from '../../users/account';
import { UserNotFoundError } from '../../users/users.errors';
import { UsersService } from '../../users/users.service';
import { NoEmailError, UserDisabledError } from './support.errors';

/** Who helps whom, from where. */
export interface Errand {
  readonly adminId: string;
  readonly userId: string;
  readonly client: Client;
}

/** What admins do for somebody who cannot help themselves. Nothing of it shows them a token. */
@Injectable()
export class SupportService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Newest use first. @throws UserNotFoundError */
  async sessionsOf(userId: string): Promise<Session[]> {
    await this.demandUser(userId);
    return this.sessions.list(userId);
  }

  /** Ends all sessions of a user, and says how many were live. @throws UserNotFoundError */
  endSessions({ adminId, userId, client }: Errand): Promise<number> {
    return this.unitOfWork.run(async (tx) => {
      if (!(await this.users.hold(tx, userId))) throw new UserNotFoundError();
      return this.sessions.endAll(tx, userId, adminId, client);
    });
  }

  /**
   * Owes the user a link that sets a new password; until they follow it, nothing changes.
   * @throws UserNotFoundError, NoEmailError, UserDisabledError, RateLimitedError
   */
  async mailPasswordReset(errand: Errand): Promise<void> {
    const account = await this.demandUser(errand.userId);
    await this.oweLink(errand, account, 'password_reset', 'password_reset_requested');
  }

  /**
   * Owes the user a link that verifies their address; false if it is verified already.
   * @throws UserNotFoundError, NoEmailError, UserDisabledError, RateLimitedError
   */
  async mailVerification(errand: Errand): Promise<boolean> {
    const account = await this.demandUser(errand.userId);
    if (account.emailVerifiedAt) return false;
    await this.oweLink(errand, account, 'email_verification', 'email_verification_requested');
    return true;
  }

  /** Counted apart from what people ask for themselves: who used that up is who needs help. */
  private async oweLink(
    { adminId, userId, client }: Errand,
    account: Account,
    kind: 'password_reset' | 'email_verification',
    action: AuditAction,
  ): Promise<void> {
    if (!account.email) throw new NoEmailError();
    if (!account.isActive) throw new UserDisabledError();
    await this.limits.mail(`support ${kind}`, account.email, client);
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.hold(tx, userId))) throw new UserNotFoundError();
      await this.mail.oweTo(tx, kind, account);
      await this.audit.record(tx, { action, actorId: adminId, subjectId: userId, client });
    });
  }

  private async demandUser(userId: string): Promise<Account> {
    const account = await this.users.findById(userId);
    if (!account) throw new UserNotFoundError();
    return account;
  }
}

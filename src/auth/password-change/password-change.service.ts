import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { InvalidAccessTokenError } from '../../common/access/access.errors';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { SignedInUser } from '../../users/account';
import { UsersService } from '../../users/users.service';
import { PasswordHasher } from '../passwords/password-hasher';
import { PasswordPolicy } from '../passwords/password-policy';
import { PasswordProof } from '../passwords/password-proof';
import { SessionsService } from '../sessions/sessions.service';

@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly proof: PasswordProof,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Sets a new password and ends every session but the caller's. If the account changed meanwhile
   * (another change won, or a reset), nothing is done and the session has ended.
   * @throws WrongPasswordError, WeakPasswordError, RateLimitedError, InvalidAccessTokenError
   */
  async change(
    { account, sessionId }: SignedInUser,
    currentPassword: string,
    newPassword: string,
    client: Client,
  ): Promise<void> {
    await this.policy.check(newPassword, account, '/new_password');
    await this.proof.demand(account, currentPassword, client);
    const passwordHash = await this.hasher.hash(newPassword);
    await this.unitOfWork.run(async (tx) => {
      const stamp = await this.users.setPassword(tx, account, passwordHash);
      if (!stamp) throw new InvalidAccessTokenError();
      await this.sessions.keep(tx, sessionId, account.securityStamp, stamp);
      await this.audit.record(tx, {
        action: 'password_changed',
        actorId: account.id,
        subjectId: account.id,
        client,
      });
      if (account.email)
        await this.mail.owe(tx, {
          kind: 'password_changed',
          to: account.email,
          userId: account.id,
          locale: account.locale,
          values: { username: account.username, ip: client.ip },
        });
    });
  }
}

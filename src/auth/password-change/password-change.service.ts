import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { SignedInUser } from '../../users/account';
import { UsersService } from '../../users/users.service';
import { WrongPasswordError } from '../auth.errors';
import { NewPasswords } from '../passwords/new-passwords';
import { PasswordProof } from '../passwords/password-proof';
import { SessionsService } from '../sessions/sessions.service';

@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly proof: PasswordProof,
    private readonly passwords: NewPasswords,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Sets a new password and ends every session but the caller's. Of N concurrent callers one
   * succeeds: to the rest, what they gave is no longer the current password.
   * @throws WrongPasswordError, WeakPasswordError, RateLimitedError
   */
  async change(
    { account, sessionId }: SignedInUser,
    currentPassword: string,
    newPassword: string,
    client: Client,
  ): Promise<void> {
    await this.proof.demand(account, currentPassword, client);
    const passwordHash = await this.passwords.hash(newPassword, account, '/new_password');
    await this.unitOfWork.run(async (tx) => {
      const stamp = await this.users.setPassword(tx, account, passwordHash);
      if (!stamp) throw new WrongPasswordError();
      await this.sessions.keep(tx, sessionId, account.securityStamp, stamp);
      await this.audit.recordOwn(tx, 'password_changed', account.id, client);
      await this.mail.oweTo(tx, 'password_changed', account, { ip: client.ip });
    });
  }
}

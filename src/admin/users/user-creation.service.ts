import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { InvitationService } from '../../auth/invitation/invitation.service';
import { NewPasswords } from '../../auth/passwords/new-passwords';
import type { Role } from '../../common/access/principal';
import type { Client } from '../../common/http/client';
import { ValidationFailedError } from '../../common/http/http.errors';
import { UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';

export interface WantedUser {
  readonly username: string;
  readonly email: string;
  readonly fullName: string | null;
  readonly role: Role;
  readonly password?: string;
  readonly isInvited: boolean;
  readonly isVerified: boolean;
}

@Injectable()
export class UserCreationService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: NewPasswords,
    private readonly invitations: InvitationService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Makes an account for somebody else, with a password or an invitation to choose one. Unless the
   * address counts as verified, its owner proves it: by the invitation, or by a verification mail.
   * @throws ValidationFailedError, WeakPasswordError, UsernameTakenError, EmailTakenError
   */
  async create(wanted: WantedUser, actorId: string, client: Client): Promise<Account> {
    const { username, email, fullName, role, isVerified, isInvited } = wanted;
    const passwordHash = await this.hashOf(wanted);
    return this.unitOfWork.run(async (tx) => {
      const account = await this.users.create(tx, {
        username,
        email,
        passwordHash,
        fullName,
        role,
        isEmailVerified: isVerified,
      });
      if (isInvited) await this.invitations.invite(tx, account);
      else if (!isVerified) await this.mail.oweTo(tx, 'email_verification', account);
      await this.audit.record(tx, {
        action: 'user_created',
        actorId,
        subjectId: account.id,
        client,
        details: { role, invited: isInvited },
      });
      return account;
    });
  }

  /** Null for an invited user, who has none yet. */
  private async hashOf({ password, isInvited, ...about }: WantedUser): Promise<string | null> {
    if (password !== undefined && isInvited)
      throw new ValidationFailedError([
        { pointer: '/send_invitation', detail: 'must not come with a password' },
      ]);
    if (isInvited) return null;
    if (password === undefined)
      throw new ValidationFailedError([
        { pointer: '/password', detail: 'is needed unless send_invitation is true' },
      ]);
    return this.passwords.hash(password, about);
  }
}

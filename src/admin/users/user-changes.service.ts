import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { UserDeletion } from '../../auth/deletion/user-deletion';
import { isGranted } from '../../common/access/permissions';
import type { Client } from '../../common/http/client';
import { ValidationFailedError } from '../../common/http/http.errors';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { Account, SignedInUser } from '../../users/account';
import {
  type AccountChange,
  AccountChanges,
  type Changed,
} from '../../users/account-changes.service';
import { UserNotFoundError } from '../../users/users.errors';
import { UsersService } from '../../users/users.service';
import { eventsOf } from '../../users/account-events';

/** What is done to accounts by id, with the mails and audit rows that belong to it. */
@Injectable()
export class UserChangesService {
  constructor(
    private readonly users: UsersService,
    private readonly changes: AccountChanges,
    private readonly deletion: UserDeletion,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Changes an account and answers with it as it is then. A new role, state or address ends all
   * its sessions and links. Of a caller who may not write users it is their own profile that
   * changes, whatever else is asked; `ProfileOrAdminGuard` has refused the rest.
   * @throws UserNotFoundError, UsernameTakenError, EmailTakenError, LastAdminError,
   * ValidationFailedError
   */
  async change(
    caller: SignedInUser,
    id: string,
    change: AccountChange,
    client: Client,
  ): Promise<Account> {
    if (!isGranted(caller.role, 'users:write')) {
      const { displayName, fullName, bio, avatarUrl, nichePreference } = change;
      const profile = { displayName, fullName, bio, avatarUrl, nichePreference };
      return this.users.updateProfile(caller.account, profile);
    }
    return this.unitOfWork.run(async (tx) => {
      const changed = await this.changes.apply(tx, id, change);
      demandAddress(changed.after);
      for (const event of eventsOf(changed))
        await this.audit.record(tx, { ...event, actorId: caller.userId, subjectId: id, client });
      await this.tellOfAddress(tx, changed);
      return changed.after;
    });
  }

  /** @throws UserNotFoundError, LastAdminError; of N concurrent callers one deletes */
  async delete(id: string, actorId: string, client: Client): Promise<void> {
    const seen = await this.users.findById(id);
    const isDeleted =
      seen !== null &&
      (await this.unitOfWork.run((tx) =>
        this.deletion.delete(tx, seen, { actorId, client, reason: 'by_admin' }),
      ));
    if (!isDeleted) throw new UserNotFoundError();
  }

  /** The old address hears that it is left; the new one is asked, unless it counts as verified. */
  private async tellOfAddress(tx: Tx, { before, after }: Changed): Promise<void> {
    if (after.email === before.email) return;
    await this.mail.oweTo(tx, 'email_changed', before, { new_email: after.email ?? '' });
    if (!after.emailVerifiedAt) await this.mail.oweTo(tx, 'email_verification', after);
  }
}

function demandAddress({ email, emailVerifiedAt }: Account): void {
  if (email === null && emailVerifiedAt)
    throw new ValidationFailedError([
      { pointer: '/is_verified', detail: 'must come with an address: the user has none' },
    ]);
}

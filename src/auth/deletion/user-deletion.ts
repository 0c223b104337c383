import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import type { Tx } from '../../database/unit-of-work';
import { MailService } from '../../mail/mail.service';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';

export interface DeletionCause {
  /** Who deletes; null where no user does. */
  readonly actorId: string | null;
  readonly client: Client | null;
  readonly reason: 'own_wish' | 'by_admin' | 'by_operator';
}

/** Ends an account, and all that is known of whose it was. */
@Injectable()
export class UserDeletion {
  constructor(
    private readonly users: UsersService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Deletes a user with sessions, identities, subscription and mails, owes a farewell, and leaves
   * of them their id in the audit trail. True for one of N concurrent callers, false for the rest:
   * the user is gone already.
   * @throws LastAdminError; then nothing is changed
   */
  async delete(
    tx: Tx,
    seen: Pick<Account, 'id'>,
    { actorId, client, reason }: DeletionCause,
  ): Promise<boolean> {
    const account = await this.users.lockForRemoval(tx, seen.id);
    if (!account) return false;
    const { id, username, email, locale } = account;
    // While the row is there: it takes its id out of the mails.
    await this.mail.forget(tx, account);
    await this.users.remove(tx, id);
    await this.audit.record(tx, {
      action: 'user_deleted',
      actorId,
      subjectId: id,
      client,
      details: { reason },
    });
    await this.audit.forget(tx, id);
    if (email)
      await this.mail.owe(tx, {
        kind: 'farewell',
        to: email,
        userId: null,
        locale,
        values: { username },
      });
    return true;
  }
}

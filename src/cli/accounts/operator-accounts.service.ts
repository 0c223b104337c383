import { Injectable } from '@nestjs/common';
import { eventsOf } from '../../users/account-events';
import { AuditService, type SecurityEvent } from '../../audit/audit.service';
import { NewPasswords } from '../../auth/passwords/new-passwords';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import type { Account } from '../../users/account';
import {
  type AccountChange,
  AccountChanges,
  type Changed,
} from '../../users/account-changes.service';
import { UsersService } from '../../users/users.service';
import { CliError } from '../cli-error';

export interface WantedAdmin {
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What whoever runs the service may do to accounts. The audit trail names no actor for it. */
@Injectable()
export class OperatorAccounts {
  constructor(
    private readonly users: UsersService,
    private readonly changes: AccountChanges,
    private readonly passwords: NewPasswords,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * An admin whose address counts as verified, on the word of whoever runs the service.
   * @throws WeakPasswordError, UsernameTakenError, EmailTakenError
   */
  async createAdmin({ username, email, password }: WantedAdmin): Promise<Account> {
    const passwordHash = await this.passwords.hash(password, { username, email });
    return this.unitOfWork.run(async (tx) => {
      const account = await this.users.create(tx, {
        username,
        email,
        passwordHash,
        role: 'admin',
        isEmailVerified: true,
      });
      await this.record(tx, { action: 'admin_created' }, account.id);
      return account;
    });
  }

  /**
   * As the admin API does it: a new role or state ends every session and link of the user.
   * @param name id, username or e-mail address
   * @throws CliError if there is nobody of that name; LastAdminError
   */
  async change(name: string, change: AccountChange): Promise<Changed> {
    const { id } = await this.getByName(name);
    return this.unitOfWork.run(async (tx) => {
      const changed = await this.changes.apply(tx, id, change);
      for (const event of eventsOf(changed)) await this.record(tx, event, id);
      return changed;
    });
  }

  private record(
    tx: Tx,
    event: Pick<SecurityEvent, 'action' | 'details'>,
    subjectId: string,
  ): Promise<void> {
    return this.audit.record(tx, { ...event, actorId: null, subjectId, client: null });
  }

  /** A username may look like an id, so an id that is nobody's is tried as one. */
  private async getByName(name: string): Promise<Account> {
    const given = name.normalize('NFC').trim();
    const byId = UUID.test(given) ? await this.users.findById(given) : null;
    const found = byId ?? (await this.users.findByLoginName(given));
    if (!found) throw new CliError('There is no user with this id, username or e-mail address.');
    return found;
  }
}

import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { AppConfig } from '../../config/app-config';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import type { Account } from '../../users/account';
import { EmailTakenError } from '../../users/users.errors';
import { UsersService } from '../../users/users.service';
import { NewPasswords } from '../passwords/new-passwords';

export interface Registration {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly fullName: string | null;
}

/** `hidden`: whether there is a new account is for the owner of the address alone to know. */
export type RegistrationOutcome =
  { readonly kind: 'created'; readonly account: Account } | { readonly kind: 'hidden' };

@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: NewPasswords,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  /**
   * Creates the account and owes its verification mail, both or neither.
   * @throws UsernameTakenError, EmailTakenError, WeakPasswordError, RateLimitedError
   */
  async register(registration: Registration, client: Client): Promise<RegistrationOutcome> {
    await this.limits.consume('register', client.ip);
    const passwordHash = await this.passwords.hash(registration.password, registration);
    const hides = this.config.signIn.registrationHidesAccounts;
    try {
      const account = await this.create(registration, passwordHash, client);
      return hides ? { kind: 'hidden' } : { kind: 'created', account };
    } catch (error) {
      if (!(error instanceof EmailTakenError) || !hides) throw error;
      await this.tellOwner(registration.email);
      return { kind: 'hidden' };
    }
  }

  private create(registration: Registration, passwordHash: string, client: Client) {
    const { username, email, fullName } = registration;
    return this.unitOfWork.run(async (tx) => {
      const account = await this.users.create(tx, { username, email, passwordHash, fullName });
      await this.mail.oweTo(tx, 'email_verification', account);
      await this.audit.recordOwn(tx, 'user_registered', account.id, client);
      return account;
    });
  }

  private async tellOwner(email: string): Promise<void> {
    const owner = await this.users.findByEmail(email);
    if (!owner) return;
    await this.unitOfWork.run(async (tx) => {
      if (await this.users.hold(tx, owner.id))
        await this.mail.oweTo(tx, 'already_registered', owner);
    });
  }
}

import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { AppConfig } from '../../config/app-config';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import { MailService } from '../../mail/mail.service';
import type { Account } from '../../users/account';
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
   * Creates the account and owes its verification mail, both or neither. Where accounts are hidden,
   * a taken address gets the answer and the work of a free one, and its owner a mail.
   * @throws UsernameTakenError, EmailTakenError, WeakPasswordError, RateLimitedError
   */
  async register(registration: Registration, client: Client): Promise<RegistrationOutcome> {
    await this.limits.registration(client);
    // For every address alike: of a taken one the owner gets a mail each time.
    if (this.config.signIn.registrationHidesAccounts)
      await this.limits.mail('registration', registration.email, client);
    const passwordHash = await this.passwords.hash(registration.password, registration);
    if (!this.config.signIn.registrationHidesAccounts)
      return { kind: 'created', account: await this.create(registration, passwordHash, client) };
    await this.registerUnseen(registration, passwordHash, client);
    return { kind: 'hidden' };
  }

  private create(registration: Registration, passwordHash: string, client: Client) {
    const { username, email, fullName } = registration;
    return this.unitOfWork.run(async (tx) => {
      const account = await this.users.create(tx, { username, email, passwordHash, fullName });
      await this.welcome(tx, account, client);
      return account;
    });
  }

  /** The same statements either way: how long it takes tells no more than the answer. */
  private async registerUnseen(
    registration: Registration,
    passwordHash: string,
    client: Client,
  ): Promise<void> {
    const { username, email, fullName } = registration;
    const isDone = await this.unitOfWork.run(async (tx) => {
      const owner = await this.users.createUnseen(tx, { username, email, passwordHash, fullName });
      if (!owner) return false;
      const { account, isNew } = owner;
      await (isNew ? this.welcome(tx, account, client) : this.refuse(tx, account, client));
      return true;
    });
    // Whoever had the address was deleted at that moment.
    if (!isDone) await this.registerUnseen(registration, passwordHash, client);
  }

  private async welcome(tx: Tx, account: Account, client: Client): Promise<void> {
    await this.mail.oweTo(tx, 'email_verification', account);
    await this.audit.recordOwn(tx, 'user_registered', account.id, client);
  }

  /** Tells the owner of the address, and nobody else. */
  private async refuse(tx: Tx, owner: Account, client: Client): Promise<void> {
    await this.mail.oweTo(tx, 'already_registered', owner);
    await this.audit.record(tx, {
      action: 'registration_refused',
      actorId: null,
      subjectId: owner.id,
      client,
      details: { reason: 'email_taken' },
    });
  }
}

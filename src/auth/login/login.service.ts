import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { DomainError } from '../../common/errors/domain-error';
import type { Client } from '../../common/http/client';
import { AppConfig } from '../../config/app-config';
import { UnitOfWork } from '../../database/unit-of-work';
import { RateLimits } from '../../limits/rate-limits';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';
import {
  AccountDisabledError,
  InvalidCredentialsError,
  UnverifiedSignInError,
} from '../auth.errors';
import { PasswordHasher } from '../passwords/password-hasher';
import { SessionsService, type TokenPair } from '../sessions/sessions.service';

@Injectable()
export class LoginService {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
  ) {}

  /**
   * Opens a session for a right password. Unknown user, wrong password and an account without a
   * password cost the same work and get the same refusal; what else is wrong with an account is
   * told only to somebody who knows its password.
   * @throws InvalidCredentialsError, AccountDisabledError, UnverifiedSignInError, RateLimitedError
   */
  async login(name: string, password: string, client: Client): Promise<TokenPair> {
    const account = await this.users.findByLoginName(name);
    await this.limits.consume('login', this.limitedBy(name, account), client.ip);
    const isRight = await this.hasher.verify(account?.passwordHash ?? null, password);
    if (!account || !isRight) {
      await this.recordFailure(account, client);
      throw new InvalidCredentialsError();
    }
    const refusal = this.refusalOf(account);
    if (refusal) {
      await this.recordFailure(account, client, { reason: refusal.code });
      throw refusal;
    }
    return this.open(account, await this.renewedHash(account, password), client);
  }

  /**
   * An account has one count, however it is named. Where accounts are hidden each name has its own,
   * or the count would tell whether an address and a username are one person.
   */
  private limitedBy(name: string, account: Account | null): string {
    const byName = this.config.signIn.registrationHidesAccounts || !account;
    return byName ? name.toLowerCase() : account.id;
  }

  private refusalOf({ isActive, emailVerifiedAt }: Account): DomainError | null {
    if (!isActive) return new AccountDisabledError();
    const isMissed = this.config.signIn.requiresVerifiedEmail && !emailVerifiedAt;
    return isMissed ? new UnverifiedSignInError() : null;
  }

  private recordFailure(
    account: Account | null,
    client: Client,
    details: { readonly reason?: string } = {},
  ): Promise<void> {
    return this.unitOfWork.run((tx) =>
      this.audit.record(tx, {
        action: 'sign_in_failed',
        actorId: null,
        subjectId: account?.id ?? null,
        client,
        details,
      }),
    );
  }

  /** A bcrypt hash, or one with older parameters, is replaced while the password is at hand. */
  private async renewedHash(account: Account, password: string): Promise<string | null> {
    return this.hasher.needsRehash(account.passwordHash!) ? this.hasher.hash(password) : null;
  }

  private open(account: Account, newHash: string | null, client: Client): Promise<TokenPair> {
    return this.unitOfWork.run(async (tx) => {
      // It may have been deleted while its password was checked.
      if (!(await this.users.hold(tx, account.id))) throw new InvalidCredentialsError();
      if (newHash) await this.users.replaceHash(tx, account.id, account.passwordHash!, newHash);
      const pair = await this.sessions.open(tx, account, 'password', client);
      await this.users.recordSignIn(tx, account.id);
      await this.audit.recordOwn(tx, 'sign_in_succeeded', account.id, client, {
        method: 'password',
      });
      return pair;
    });
  }
}

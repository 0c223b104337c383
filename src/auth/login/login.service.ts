import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import { DomainError } from '../../common/errors/domain-error';
import type { Client } from '../../common/http/client';
import { AppConfig } from '../../config/app-config';
import { UnitOfWork } from '../../database/unit-of-work';
import { SignInProtection, type Verdict } from '../../limits/sign-in-protection';
import { Telemetry } from '../../telemetry/telemetry';
import type { Account } from '../../users/account';
import { UsersService } from '../../users/users.service';
import {
  AccountDisabledError,
  InvalidCredentialsError,
  UnverifiedSignInError,
} from '../auth.errors';
import { PasswordHasher } from '../passwords/password-hasher';
import { SessionsService, type TokenPair } from '../sessions/sessions.service';
import { foldedName } from './folded-name';
import { outcomeOf } from './sign-in-outcome';

@Injectable()
export class LoginService {
  constructor(
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly protection: SignInProtection,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    private readonly telemetry: Telemetry,
  ) {}

  /**
   * Opens a session for a right password. Unknown user, wrong password and an account without a
   * password cost the same work and get the same refusal; what else is wrong with an account is
   * told only to somebody who knows its password, and where accounts are hidden not even then that
   * its address is not verified.
   * @throws InvalidCredentialsError, AccountDisabledError, UnverifiedSignInError, RateLimitedError,
   *   OverloadedError
   */
  async login(name: string, password: string, client: Client): Promise<TokenPair> {
    try {
      const pair = await this.attempt(name, password, client);
      this.telemetry.signIn('succeeded', 'password');
      return pair;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome) this.telemetry.signIn(outcome, 'password');
      throw error;
    }
  }

  private async attempt(name: string, password: string, client: Client): Promise<TokenPair> {
    await this.protection.admit(client);
    const account = await this.users.findByLoginName(name);
    const countedAs = await this.countedAs(name, account);
    const verdict = await this.protection.judge(countedAs, client, async () => {
      const isRight = await this.hasher.verify(account?.passwordHash ?? null, password);
      // Judged here, so that what counts wrong passwords cannot tell it from one.
      return isRight && !this.isHidden(account);
    });
    if (!account || !verdict.isRight) {
      await this.recordFailure(account, client, verdict);
      throw new InvalidCredentialsError();
    }
    const refusal = this.refusalOf(account);
    if (refusal) {
      await this.recordFailure(account, client, verdict, refusal.code);
      throw refusal;
    }
    return this.open(account, await this.renewedHash(account, password), client);
  }

  /**
   * An account has one count, however it is named. A spelling that names nobody is counted with
   * the account that it is a spelling of, or it would tell that there is one. Where accounts are
   * hidden each name has a count of its own: a common one would tell whose address belongs to
   * which username.
   */
  private async countedAs(name: string, account: Account | null): Promise<string> {
    const folded = foldedName(name);
    if (this.config.signIn.registrationHidesAccounts) return folded;
    const isAsTyped = folded === name.toLowerCase();
    // Looked for even where the name itself has an account: or that one look less would tell it.
    const namesake = isAsTyped ? null : await this.users.findByLoginName(folded);
    return account?.id ?? namesake?.id ?? folded;
  }

  /**
   * Somebody who signs up with a taken address and then signs in must not learn from it that no
   * account was made: so where accounts are hidden, no password is right before the address is
   * verified.
   */
  private isHidden(account: Account | null): boolean {
    const { registrationHidesAccounts, requiresVerifiedEmail } = this.config.signIn;
    return registrationHidesAccounts && requiresVerifiedEmail && !account?.emailVerifiedAt;
  }

  private refusalOf({ isActive, emailVerifiedAt }: Account): DomainError | null {
    if (!isActive) return new AccountDisabledError();
    const isMissed = this.config.signIn.requiresVerifiedEmail && !emailVerifiedAt;
    return isMissed ? new UnverifiedSignInError() : null;
  }

  private recordFailure(
    account: Account | null,
    client: Client,
    { block }: Verdict,
    reason?: string,
  ): Promise<void> {
    const about = { actorId: null, subjectId: account?.id ?? null, client };
    return this.unitOfWork.run(async (tx) => {
      const details: Record<string, string> = reason === undefined ? {} : { reason };
      await this.audit.record(tx, { action: 'sign_in_failed', ...about, details });
      if (block)
        await this.audit.record(tx, { action: 'sign_in_blocked', ...about, details: { ...block } });
    });
  }

  /** A bcrypt hash, or one with older parameters, is replaced while the password is at hand. */
  private async renewedHash(account: Account, password: string): Promise<string | null> {
    return this.hasher.needsRehash(account.passwordHash!) ? this.hasher.hash(password) : null;
  }

  private open(account: Account, newHash: string | null, client: Client): Promise<TokenPair> {
    return this.unitOfWork.run(async (tx) => {
      // First, so that of several at once each waits here and sees the session of the one before.
      const isThere = await this.users.recordSignIn(tx, account.id);
      // It was deleted while its password was checked.
      if (!isThere) throw new InvalidCredentialsError();
      if (newHash) await this.users.replaceHash(tx, account.id, account.passwordHash!, newHash);
      const { isNewDevice, ...pair } = await this.sessions.open(tx, account, 'password', client);
      const details = { method: 'password', ...(isNewDevice && { newDevice: true }) };
      await this.audit.recordOwn(tx, 'sign_in_succeeded', account.id, client, details);
      return pair;
    });
  }
}

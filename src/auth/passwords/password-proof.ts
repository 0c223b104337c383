import { Injectable } from '@nestjs/common';
import type { Client } from '../../common/http/client';
import { SignInProtection } from '../../limits/sign-in-protection';
import type { Account } from '../../users/account';
import { WrongPasswordError } from '../auth.errors';
import { PasswordHasher } from './password-hasher';

/** Asks somebody who is signed in for their password again. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly protection: SignInProtection,
  ) {}

  /**
   * Counts as a sign-in does: a stolen access token must not be able to guess the password.
   * @throws WrongPasswordError, also for an account without a password; RateLimitedError
   */
  async demand(account: Account, password: string, client: Client): Promise<void> {
    await this.protection.admit(client);
    const { isRight } = await this.protection.judge(account.id, client, () =>
      this.hasher.verify(account.passwordHash, password),
    );
    if (!isRight) throw new WrongPasswordError();
  }
}

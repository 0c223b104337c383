import { Injectable } from '@nestjs/common';
import type { Client } from '../../common/http/client';
import { RateLimits } from '../../limits/rate-limits';
import type { Account } from '../../users/account';
import { WrongPasswordError } from '../auth.errors';
import { PasswordHasher } from './password-hasher';

/** Asks somebody who is signed in for their password again. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly limits: RateLimits,
  ) {}

  /**
   * Counts against the sign-in limit: a stolen access token must not be able to guess the password.
   * @throws WrongPasswordError, also for an account without a password; RateLimitedError
   */
  async demand(account: Account, password: string, client: Client): Promise<void> {
    await this.limits.consume('login', account.id, client.ip);
    if (!(await this.hasher.verify(account.passwordHash, password))) throw new WrongPasswordError();
  }
}

import { Injectable } from '@nestjs/common';
import { PasswordHasher } from './password-hasher';
import { PasswordPolicy } from './password-policy';
import type { PasswordOwner } from './password-rules';

/** The one way from a password that somebody chose to what is stored of it. */
@Injectable()
export class NewPasswords {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
  ) {}

  /**
   * The hash of a password that its owner may have. Slow on purpose: never inside a transaction.
   * @param pointer where the request has the password, as a JSON Pointer
   * @throws WeakPasswordError, OverloadedError
   */
  async hash(password: string, about: PasswordOwner, pointer = '/password'): Promise<string> {
    await this.policy.check(password, about, pointer);
    return this.hasher.hash(password);
  }
}

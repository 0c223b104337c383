import { Inject, Injectable, Logger } from '@nestjs/common';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { AppConfig } from '../../config/app-config';
import { HashingLane } from '../../limits/hashing-lane';
import { ARGON2_ENGINE, type Argon2Engine } from './argon2-engine';
import {
  type Argon2Parameters,
  dummyHash,
  isAffordable,
  needsRehash,
  parsePasswordHash,
} from './password-hash';

/** Hashes and checks passwords as they were typed: never trimmed, never normalised. */
@Injectable()
export class PasswordHasher {
  private readonly logger = new Logger(PasswordHasher.name);
  private readonly parameters: Argon2Parameters;
  private readonly dummy: string;

  constructor(
    config: AppConfig,
    @Inject(ARGON2_ENGINE) private readonly argon2: Argon2Engine,
    private readonly lane: HashingLane,
  ) {
    this.parameters = config.passwords.argon2;
    this.dummy = dummyHash(this.parameters);
  }

  /**
   * An argon2id PHC string with the configured parameters.
   * @throws OverloadedError when too many passwords wait to be hashed
   */
  hash(password: string): Promise<string> {
    return this.lane.run(() => this.argon2.hash(password, this.parameters));
  }

  /**
   * Whether the password made this hash, argon2 or bcrypt. With null (no such user, or one without
   * a password) the answer is false after the same work as for a hash made today, so that timing
   * tells nobody who has an account. A bcrypt hash takes its own time until it is replaced.
   * @throws OverloadedError when too many passwords wait to be checked
   */
  verify(hash: string | null, password: string): Promise<boolean> {
    return this.lane.run(() =>
      hash === null ? this.refuse(password) : this.verifyStored(hash, password),
    );
  }

  /** Whether to hash anew at the next right password: bcrypt, or argon2 with other parameters. */
  needsRehash(hash: string): boolean {
    return needsRehash(hash, this.parameters);
  }

  /** A row that cannot be checked is the operator's concern; its owner sees a wrong password. */
  private async verifyStored(hash: string, password: string): Promise<boolean> {
    const parsed = parsePasswordHash(hash);
    if (!parsed) return this.refuseUnusable('its format is unknown', password);
    if (!isAffordable(parsed, this.parameters))
      return this.refuseUnusable(`its ${parsed.scheme} parameters are out of bounds`, password);
    try {
      return parsed.scheme === 'bcrypt'
        ? await verifyBcrypt(password, hash)
        : await this.argon2.verify(hash, password);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      return this.refuseUnusable(`${parsed.scheme} rejects it: ${reason}`, password);
    }
  }

  private refuseUnusable(reason: string, password: string): Promise<false> {
    this.logger.warn(`a stored password hash cannot be used: ${reason}`);
    return this.refuse(password);
  }

  private async refuse(password: string): Promise<false> {
    await this.argon2.verify(this.dummy, password);
    return false;
  }
}

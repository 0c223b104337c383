import { Injectable } from '@nestjs/common';
import { isStorable } from '../../common/http/validation.pipe';
import { Random } from '../../common/random/random';
import { Clock } from '../../common/time/clock';
import type { Tx } from '../../database/unit-of-work';
import { UsersService } from '../../users/users.service';
import { IdentityNotFoundError, LastSignInMethodError } from './identities.errors';
import { IdentitiesRepository } from './identities.repository';
import type { Identity } from './identity.entity';

/** Which accounts at providers sign in to which account here. */
@Injectable()
export class IdentitiesService {
  constructor(
    private readonly identities: IdentitiesRepository,
    private readonly users: UsersService,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  findBySubject(tx: Tx, provider: string, subject: string): Promise<Identity | null> {
    return this.identities.findBySubject(tx, provider, subject);
  }

  existsFor(tx: Tx, userId: string, provider: string): Promise<boolean> {
    return this.identities.existsFor(tx, userId, provider);
  }

  listOf(userId: string): Promise<Identity[]> {
    return this.identities.listOf(userId);
  }

  /** @throws IdentityTakenError, ProviderAlreadyLinkedError: the indexes decide who was first */
  async add(
    tx: Tx,
    userId: string,
    { provider, subject, email }: Pick<Identity, 'provider' | 'subject' | 'email'>,
  ): Promise<void> {
    const now = this.clock.now();
    const id = this.random.id();
    await this.identities.insert(tx, {
      id,
      userId,
      provider,
      subject,
      email,
      createdAt: now,
      lastUsedAt: now,
    });
  }

  recordUse(tx: Tx, id: string, email: string | null): Promise<void> {
    return this.identities.recordUse(tx, id, email, this.clock.now());
  }

  /**
   * Removes one unless nothing else would be left to sign in with: of N concurrent removals of
   * different ones, the last is refused.
   * @throws IdentityNotFoundError, LastSignInMethodError
   */
  async remove(tx: Tx, userId: string, provider: string): Promise<void> {
    // No name has a NUL, and Postgres does not even compare one.
    if (!isStorable(provider)) throw new IdentityNotFoundError();
    await this.users.lockById(tx, userId);
    if (await this.identities.removeUnlessLast(tx, userId, provider)) return;
    throw (await this.identities.existsFor(tx, userId, provider))
      ? new LastSignInMethodError()
      : new IdentityNotFoundError();
  }

  /** For an account that somebody else may have prepared; says how many there were. */
  removeAll(tx: Tx, userId: string): Promise<number> {
    return this.identities.removeAll(tx, userId);
  }
}

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { violatedUniqueIndex } from '../../database/pg-errors';
import type { Tx } from '../../database/unit-of-work';
import { IdentityTakenError, ProviderAlreadyLinkedError } from './identities.errors';
import { Identity } from './identity.entity';

@Injectable()
export class IdentitiesRepository {
  constructor(private readonly dataSource: DataSource) {}

  findBySubject(tx: Tx, provider: string, subject: string): Promise<Identity | null> {
    return tx.findOneBy(Identity, { provider, subject });
  }

  existsFor(tx: Tx, userId: string, provider: string): Promise<boolean> {
    return tx.existsBy(Identity, { userId, provider });
  }

  /** Oldest first. */
  listOf(userId: string): Promise<Identity[]> {
    return this.dataSource
      .getRepository(Identity)
      .find({ where: { userId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /**
   * The indexes decide who is first.
   * @throws IdentityTakenError, ProviderAlreadyLinkedError
   */
  async insert(tx: Tx, identity: Identity): Promise<void> {
    await tx.insert(Identity, identity).catch(refuseTaken);
  }

  async recordUse(tx: Tx, id: string, email: string | null, now: Date): Promise<void> {
    await tx.update(Identity, { id }, { email, lastUsedAt: now });
  }

  /**
   * One statement: false if there is none, or if the user has neither a password nor another
   * identity. The caller holds the user's row, or two of these could each count on the other's.
   */
  async removeUnlessLast(tx: Tx, userId: string, provider: string): Promise<boolean> {
    const [, removed] = await tx.query<[unknown, number]>(
      `DELETE FROM identities i USING users u
       WHERE u.id = i.user_id AND i.user_id = $1 AND i.provider = $2
         AND (u.password_hash IS NOT NULL OR EXISTS (
           SELECT FROM identities o WHERE o.user_id = i.user_id AND o.provider <> i.provider))`,
      [userId, provider],
    );
    return removed === 1;
  }

  /** How many there were. */
  async removeAll(tx: Tx, userId: string): Promise<number> {
    const { affected } = await tx.delete(Identity, { userId });
    return affected ?? 0;
  }
}

function refuseTaken(error: unknown): never {
  const index = violatedUniqueIndex(error);
  if (index === 'identities_provider_subject_key') throw new IdentityTakenError();
  if (index === 'identities_user_provider_key') throw new ProviderAlreadyLinkedError();
  throw error;
}

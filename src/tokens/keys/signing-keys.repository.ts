import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Tx } from '../../database/unit-of-work';
import { SigningKey } from './signing-key.entity';

@Injectable()
export class SigningKeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** All that are kept, the expired ones too, in the order in which they begin to sign. */
  list(): Promise<SigningKey[]> {
    return listBy(this.dataSource.manager);
  }

  /** As `list`, with everybody else who wants to change keys waiting until `tx` ends. */
  async holdAll(tx: Tx): Promise<SigningKey[]> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse.signing_keys'))`);
    return listBy(tx);
  }

  async insert(tx: Tx, key: SigningKey): Promise<void> {
    await tx.insert(SigningKey, key);
  }

  async update(tx: Tx, kid: string, change: Partial<SigningKey>): Promise<void> {
    await tx.update(SigningKey, { kid }, change);
  }

  async deleteExpired(tx: Tx, before: Date, most: number): Promise<number> {
    const [, deleted] = await tx.query<[unknown, number]>(
      `DELETE FROM signing_keys WHERE kid = ANY(ARRAY(
         SELECT kid FROM signing_keys WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [before, most],
    );
    return deleted;
  }
}

const listBy = (manager: EntityManager): Promise<SigningKey[]> =>
  manager.find(SigningKey, { order: { activatesAt: 'ASC', kid: 'ASC' } });

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Tx } from '../../database/unit-of-work';

@Injectable()
export class SpentFlowsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * True for exactly one of N concurrent callers with one id. Rows that no cookie can need any
   * more go with it, so the table holds ten minutes' sign-ins.
   */
  async spend(id: string, expiresAt: Date, now: Date): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH outlived AS (
         DELETE FROM oauth_spent_flows WHERE id IN (
           SELECT id FROM oauth_spent_flows WHERE expires_at < $3 FOR UPDATE SKIP LOCKED))
       INSERT INTO oauth_spent_flows (id, expires_at) VALUES ($1, $2)
       ON CONFLICT (id) DO NOTHING RETURNING id`,
      [id, expiresAt, now],
    );
    return rows.length === 1;
  }

  async deleteExpired(tx: Tx, before: Date, most: number): Promise<number> {
    const [, deleted] = await tx.query<[unknown, number]>(
      `DELETE FROM oauth_spent_flows WHERE id = ANY(ARRAY(
         SELECT id FROM oauth_spent_flows WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [before, most],
    );
    return deleted;
  }
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../database/unit-of-work';
import { ReservedUsername } from './reserved-username.entity';

/** Usernames that are taken without being anybody's. Without regard to case. */
@Injectable()
export class ReservedUsernames {
  /** What it says stays true until the transaction ends: others who ask for this name wait. */
  async holds(tx: Tx, username: string): Promise<boolean> {
    const digest = digestOf(username);
    // Two statements: one would look at what there was before it had to wait.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse.usernames'), hashtext($1))`, [
      digest,
    ]);
    return tx.existsBy(ReservedUsername, { digest });
  }

  /** One statement that is the same either way: reserves the name unless there is such a user. */
  async reserveUnlessUser(tx: Tx, username: string, userId: string, now: Date): Promise<void> {
    await tx.query(
      `INSERT INTO reserved_usernames (digest, reserved_at)
       SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM users WHERE id = $3)
       ON CONFLICT DO NOTHING`,
      [digestOf(username), now, userId],
    );
  }
}

const digestOf = (username: string): string =>
  createHash('sha256').update(username.toLowerCase()).digest('base64url');

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counting waits for no disk: each count was a commit, and those of one address waited for one
 * another's. After a crash of Postgres, or on a replica that takes over, counting starts anew.
 */
export class UnloggedRateLimits1793700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rate_limits SET UNLOGGED');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rate_limits SET LOGGED');
  }
}

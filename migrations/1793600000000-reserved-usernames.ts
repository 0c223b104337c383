import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Usernames of sign-ups that were refused without saying so. */
export class ReservedUsernames1793600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE reserved_usernames (
        digest text CONSTRAINT reserved_usernames_pkey PRIMARY KEY,
        reserved_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE reserved_usernames');
  }
}

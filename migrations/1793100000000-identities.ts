import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sign-in through providers: whose subject is whose, codes to fetch tokens with, flows used up. */
export class Identities1793100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identities (
        id uuid CONSTRAINT identities_pkey PRIMARY KEY,
        user_id uuid NOT NULL
          CONSTRAINT identities_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        provider text NOT NULL,
        subject text NOT NULL,
        email text,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX identities_provider_subject_key ON identities (provider, subject)',
    );
    await runner.query(
      'CREATE UNIQUE INDEX identities_user_provider_key ON identities (user_id, provider)',
    );
    await runner.query('ALTER TABLE sessions ADD COLUMN exchange_code_hash text');
    await runner.query(`
      CREATE UNIQUE INDEX sessions_exchange_code_hash_key ON sessions (exchange_code_hash)
      WHERE exchange_code_hash IS NOT NULL`);
    await runner.query(`
      CREATE TABLE oauth_spent_flows (
        id uuid CONSTRAINT oauth_spent_flows_pkey PRIMARY KEY,
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(
      'CREATE INDEX oauth_spent_flows_expires_at_idx ON oauth_spent_flows (expires_at)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE oauth_spent_flows, identities');
    await runner.query('ALTER TABLE sessions DROP COLUMN exchange_code_hash');
  }
}

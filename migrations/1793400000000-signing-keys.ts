import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The keys of access tokens that others can check without being able to make them. */
export class SigningKeys1793400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signing_keys (
        kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
        algorithm text NOT NULL,
        public_jwk jsonb NOT NULL,
        private_key bytea,
        created_at timestamptz NOT NULL,
        activates_at timestamptz NOT NULL,
        retires_at timestamptz,
        expires_at timestamptz,
        revoked_at timestamptz
      )`);
    // One newest key for each algorithm, whoever made it and however many tried.
    await runner.query(`
      CREATE UNIQUE INDEX signing_keys_newest_key ON signing_keys (algorithm)
      WHERE retires_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signing_keys');
  }
}

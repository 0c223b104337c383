import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users, their sessions, the mails they are owed, and the trail of what happened. */
export class Accounts1793000000000 implements MigrationInterface {
  readonly name = 'Accounts1793000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid CONSTRAINT users_pkey PRIMARY KEY,
        username text NOT NULL,
        email text,
        email_verified_at timestamptz,
        password_hash text,
        role text NOT NULL DEFAULT 'user'
          CONSTRAINT users_role_check CHECK (role IN ('admin', 'user', 'guest')),
        is_active boolean NOT NULL DEFAULT true,
        display_name text,
        full_name text,
        bio text,
        avatar_url text,
        niche_preference text,
        locale text NOT NULL DEFAULT 'en',
        security_stamp uuid NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        last_login_at timestamptz
      )`);
    // In this order: Postgres checks the older index first, so a taken username is told before a
    // taken address, which may have to stay hidden.
    await runner.query('CREATE UNIQUE INDEX users_username_key ON users (lower(username))');
    await runner.query('CREATE UNIQUE INDEX users_email_key ON users (lower(email))');
    await runner.query(`
      CREATE TABLE subscriptions (
        user_id uuid CONSTRAINT subscriptions_pkey PRIMARY KEY
          CONSTRAINT subscriptions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        premium_until timestamptz
      )`);
    await runner.query(`
      CREATE TABLE sessions (
        id uuid CONSTRAINT sessions_pkey PRIMARY KEY,
        user_id uuid NOT NULL
          CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
        security_stamp uuid NOT NULL,
        refresh_jti uuid NOT NULL,
        previous_jti uuid,
        rotated_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        last_used_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        ip text NOT NULL,
        user_agent text,
        method text NOT NULL
      )`);
    await runner.query('CREATE INDEX sessions_user_id_idx ON sessions (user_id)');
    await runner.query(`
      CREATE TABLE mail_outbox (
        id uuid CONSTRAINT mail_outbox_pkey PRIMARY KEY,
        kind text NOT NULL,
        recipient text NOT NULL,
        user_id uuid
          CONSTRAINT mail_outbox_user_id_fkey REFERENCES users (id) ON DELETE SET NULL,
        locale text NOT NULL,
        "values" jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        leased_until timestamptz,
        sent_at timestamptz,
        failed_at timestamptz,
        last_error text
      )`);
    await runner.query(`
      CREATE INDEX mail_outbox_unsent_idx ON mail_outbox (created_at)
      WHERE sent_at IS NULL AND failed_at IS NULL`);
    await runner.query(`
      CREATE INDEX mail_outbox_sent_idx ON mail_outbox (sent_at) WHERE sent_at IS NOT NULL`);
    await runner.query(`
      CREATE TABLE audit_events (
        id uuid CONSTRAINT audit_events_pkey PRIMARY KEY,
        action text NOT NULL,
        actor_id uuid,
        subject_id uuid,
        ip text,
        user_agent text,
        request_id text,
        details jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX audit_events_subject_id_idx ON audit_events (subject_id, id)');
    // The columns that rate-limiter-flexible wants.
    await runner.query(`
      CREATE TABLE rate_limits (
        key varchar(255) CONSTRAINT rate_limits_pkey PRIMARY KEY,
        points integer NOT NULL DEFAULT 0,
        expire bigint
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE rate_limits, audit_events, mail_outbox, sessions, subscriptions, users',
    );
  }
}

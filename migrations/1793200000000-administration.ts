import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists and searches of users, what a subscription is, lists of the audit trail, what grows old. */
export class Administration1793200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Trusted since Postgres 13: whoever may create in the database may do this.
    await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm');
    // Every search reads what is pending: of the 4 MB that are usual, more than many a table is.
    await runner.query(`
      CREATE INDEX users_search_idx ON users USING gin (
        lower(username) gin_trgm_ops, lower(email) gin_trgm_ops,
        lower(full_name) gin_trgm_ops, lower(display_name) gin_trgm_ops)
      WITH (gin_pending_list_limit = 128)`);
    await runner.query('CREATE INDEX users_created_at_idx ON users (created_at, id)');
    await runner.query(`
      CREATE INDEX users_last_login_at_idx
      ON users (coalesce(last_login_at, '-infinity'::timestamptz), id)`);
    await runner.query(`CREATE INDEX users_admin_idx ON users (id) WHERE role = 'admin'`);
    await runner.query(`
      ALTER TABLE subscriptions
        ADD COLUMN customer_id text,
        ADD COLUMN plan_id text,
        ADD COLUMN subscription_id text,
        ADD COLUMN status text,
        ADD COLUMN last_renewed_at timestamptz,
        ADD COLUMN next_renewal_at timestamptz,
        ADD COLUMN occurred_at timestamptz NOT NULL DEFAULT '-infinity'`);
    // Each with the time, by which every list of events is sorted and cut.
    await runner.query('DROP INDEX audit_events_subject_id_idx');
    await runner.query(
      'CREATE INDEX audit_events_subject_id_idx ON audit_events (subject_id, created_at, id)',
    );
    await runner.query(
      'CREATE INDEX audit_events_actor_id_idx ON audit_events (actor_id, created_at, id)',
    );
    await runner.query(
      'CREATE INDEX audit_events_action_idx ON audit_events (action, created_at, id)',
    );
    await runner.query('CREATE INDEX audit_events_created_at_idx ON audit_events (created_at, id)');
    // When it ended: LEAST leaves out what is null.
    await runner.query(
      'CREATE INDEX sessions_ended_at_idx ON sessions (least(expires_at, revoked_at))',
    );
    await runner.query('CREATE INDEX mail_outbox_user_id_idx ON mail_outbox (user_id)');
    await runner.query('CREATE INDEX mail_outbox_recipient_idx ON mail_outbox (recipient)');
    await runner.query(`
      CREATE INDEX mail_outbox_failed_idx ON mail_outbox (id) WHERE failed_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX mail_outbox_failed_idx, mail_outbox_recipient_idx, mail_outbox_user_id_idx,
        sessions_ended_at_idx, audit_events_created_at_idx, audit_events_action_idx,
        audit_events_actor_id_idx, audit_events_subject_id_idx, users_admin_idx,
        users_last_login_at_idx, users_created_at_idx, users_search_idx`);
    await runner.query('CREATE INDEX audit_events_subject_id_idx ON audit_events (subject_id, id)');
    await runner.query(`
      ALTER TABLE subscriptions
        DROP COLUMN customer_id, DROP COLUMN plan_id, DROP COLUMN subscription_id,
        DROP COLUMN status, DROP COLUMN last_renewed_at, DROP COLUMN next_renewal_at,
        DROP COLUMN occurred_at`);
    // pg_trgm stays: it may have been there before, or serve another schema.
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From which device a session was opened, so that a sign-in from a new one can be told. */
export class SessionDevices1793500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Null for the sessions that are there: no statement knows what their user agents mean.
    await runner.query('ALTER TABLE sessions ADD COLUMN device text');
    await runner.query('CREATE INDEX sessions_user_id_device_idx ON sessions (user_id, device)');
    // Which serves all that this one served, and is written in its place.
    await runner.query('DROP INDEX sessions_user_id_idx');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX sessions_user_id_idx ON sessions (user_id)');
    await runner.query('DROP INDEX sessions_user_id_device_idx');
    await runner.query('ALTER TABLE sessions DROP COLUMN device');
  }
}

import type { Client } from 'pg';
import type { Clock } from '../../common/time/clock';
import type { AppConfig } from '../../config/app-config';
import { dataSourceOptions } from '../../data-source';
import type { DatabaseConnection } from '../../database/database-connection';
import { pendingMigrations } from '../../database/pending-migrations';
import { type Finding, findingsOf } from './finding';
import { checkSigningKeys } from './signing-keys-check';

const migrations = findingsOf('migrations');
const outbox = findingsOf('outbox');
const admin = findingsOf('admin');

/** The sweeper looks twice a minute: what is owed for longer finds nobody to send it. */
const OVERDUE_SECONDS = 300;

/** What the database holds: the schema, mails that are stuck, somebody to let others in, keys. */
export async function checkSchema(
  client: Client,
  config: AppConfig,
  connection: DatabaseConnection,
  clock: Clock,
): Promise<Finding[]> {
  const pending = await pendingMigrations(client, dataSourceOptions(connection, 1));
  if (pending.length > 0)
    return [
      migrations.warn(
        `are pending: ${pending.join(', ')}`,
        'Run the command migrate, or start the service, which does so.',
      ),
    ];
  return [
    migrations.ok('the schema is the newest'),
    ...(await checkOutbox(client, clock)),
    await checkAdmin(client),
    ...(await checkSigningKeys(client, config, clock)),
  ];
}

async function checkOutbox(client: Client, clock: Clock): Promise<Finding[]> {
  const { rows } = await client.query<{ failed: number; overdue: number }>(
    `SELECT count(*) FILTER (WHERE failed_at IS NOT NULL)::int AS failed,
       count(*) FILTER (WHERE failed_at IS NULL AND created_at < $1)::int AS overdue
     FROM mail_outbox WHERE sent_at IS NULL`,
    [clock.inSeconds(-OVERDUE_SECONDS)],
  );
  const { failed, overdue } = rows[0]!;
  const findings = [
    ...(failed > 0
      ? [
          outbox.warn(
            `${failed} mails were given up on`,
            'See last_error in mail_outbox, mend that, and have them sent again: docs/operations.md, Mail.',
          ),
        ]
      : []),
    ...(overdue > 0
      ? [
          outbox.warn(
            `${overdue} mails are owed for more than five minutes`,
            'Run a process with PROCESS_ROLE=worker or all, and see its log if there is one.',
          ),
        ]
      : []),
  ];
  return findings.length > 0 ? findings : [outbox.ok('no mail is stuck')];
}

async function checkAdmin(client: Client): Promise<Finding> {
  const { rows } = await client.query<{ admins: number }>(
    `SELECT count(*)::int AS admins FROM users WHERE role = 'admin' AND is_active`,
  );
  const { admins } = rows[0]!;
  return admins > 0
    ? admin.ok(admins === 1 ? 'there is one' : `there are ${admins}`)
    : admin.warn('there is none', 'Run the command create-admin.');
}

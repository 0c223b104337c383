import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Tx } from '../../database/unit-of-work';
import type { ExportedRow } from './exported-line';
import type { Holder, IdentityKey } from './holders';
import { type Columns, multiInsert, type RowOf } from './multi-insert';
import type { SubscriptionRecord, UserRecord } from './user-record';

const USERS = {
  id: 'uuid',
  username: 'text',
  email: 'text',
  email_verified_at: 'timestamptz',
  password_hash: 'text',
  role: 'text',
  is_active: 'boolean',
  display_name: 'text',
  full_name: 'text',
  bio: 'text',
  avatar_url: 'text',
  niche_preference: 'text',
  locale: 'text',
  security_stamp: 'uuid',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  last_login_at: 'timestamptz',
} as const satisfies Columns;

const SUBSCRIPTIONS = {
  user_id: 'uuid',
  premium_until: 'timestamptz',
  customer_id: 'text',
  plan_id: 'text',
  subscription_id: 'text',
  status: 'text',
  last_renewed_at: 'timestamptz',
  next_renewal_at: 'timestamptz',
  occurred_at: 'timestamptz',
} as const satisfies Columns;

const IDENTITIES = {
  id: 'uuid',
  user_id: 'uuid',
  provider: 'text',
  subject: 'text',
  email: 'text',
  created_at: 'timestamptz',
  last_used_at: 'timestamptz',
} as const satisfies Columns;

export type IdentityRow = RowOf<typeof IDENTITIES> & {
  readonly id: string;
  readonly user_id: string;
};

const INSERT_USERS = multiInsert('users', USERS);
const INSERT_SUBSCRIPTIONS = multiInsert('subscriptions', SUBSCRIPTIONS);
const INSERT_IDENTITIES = multiInsert('identities', IDENTITIES);

/** Many users at once, in and out: three tables, a few statements a batch. */
@Injectable()
export class UsersFileRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** One batch at a time, whoever imports: two that insert in different orders would deadlock. */
  async holdImports(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse.users_import'))`);
  }

  /** Whoever has the username, address or id of one of these. */
  findHolders(tx: Tx, users: readonly UserRecord[]): Promise<Holder[]> {
    const columns = 'SELECT id, lower(username) AS username, lower(email) AS email FROM users';
    return tx.query<Holder[]>(
      `${columns} WHERE lower(username) = ANY ($1::text[])
       UNION ${columns} WHERE lower(email) = ANY ($2::text[])
       UNION ${columns} WHERE id = ANY ($3::uuid[])`,
      [
        users.map(({ username }) => username.toLowerCase()),
        users.flatMap(({ email }) => email ?? []),
        users.map(({ id }) => id),
      ],
    );
  }

  /** Those of these identities that somebody has. */
  findIdentities(tx: Tx, wanted: readonly IdentityKey[]): Promise<IdentityKey[]> {
    return tx.query<IdentityKey[]>(
      `SELECT provider, subject FROM identities
       JOIN unnest($1::text[], $2::text[]) AS wanted (provider, subject) USING (provider, subject)`,
      [wanted.map(({ provider }) => provider), wanted.map(({ subject }) => subject)],
    );
  }

  /** The ids of those that no index refused. */
  insertUsers(
    tx: Tx,
    users: readonly UserRecord[],
    newStamp: () => string,
  ): Promise<ReadonlySet<string>> {
    const rows = users.map((user) => userRow(user, newStamp()));
    return insert(tx, INSERT_USERS, rows);
  }

  async insertSubscriptions(tx: Tx, users: readonly UserRecord[]): Promise<void> {
    const rows = users.flatMap(({ id, subscription }) =>
      subscription ? subscriptionRow(id, subscription) : [],
    );
    await insert(tx, INSERT_SUBSCRIPTIONS, rows);
  }

  /** The ids of those that no index refused. */
  insertIdentities(tx: Tx, rows: readonly IdentityRow[]): Promise<ReadonlySet<string>> {
    return insert(tx, INSERT_IDENTITIES, rows);
  }

  /** With what belongs to them. */
  async removeUsers(tx: Tx, ids: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM users WHERE id = ANY ($1::uuid[])', [ids]);
  }

  /** The users behind `after`, by id, each as one statement saw them with all that is theirs. */
  listAfter(after: string, most: number): Promise<ExportedRow[]> {
    return this.dataSource.query<ExportedRow[]>(
      `SELECT u.*, p.premium_until, p.customer_id, p.plan_id, p.subscription_id, p.status,
         p.last_renewed_at, p.next_renewal_at, p.occurred_at,
         (SELECT json_agg(json_build_object(
            'provider', i.provider, 'subject', i.subject, 'email', i.email)
            ORDER BY i.created_at, i.provider)
          FROM identities i WHERE i.user_id = u.id) AS identities
       FROM users u LEFT JOIN subscriptions p ON p.user_id = u.id
       WHERE u.id > $1 ORDER BY u.id LIMIT $2`,
      [after, most],
    );
  }
}

async function insert(
  tx: Tx,
  statement: string,
  rows: readonly object[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const inserted = await tx.query<{ key: string }[]>(statement, [JSON.stringify(rows)]);
  return new Set(inserted.map(({ key }) => key));
}

const userRow = (user: UserRecord, securityStamp: string): RowOf<typeof USERS> => ({
  id: user.id,
  username: user.username,
  email: user.email,
  email_verified_at: user.emailVerifiedAt,
  password_hash: user.passwordHash,
  role: user.role,
  is_active: user.isActive,
  display_name: user.displayName,
  full_name: user.fullName,
  bio: user.bio,
  avatar_url: user.avatarUrl,
  niche_preference: user.nichePreference,
  locale: user.locale,
  security_stamp: securityStamp,
  created_at: user.createdAt,
  updated_at: user.updatedAt,
  last_login_at: user.lastLoginAt,
});

const subscriptionRow = (
  userId: string,
  subscription: SubscriptionRecord,
): RowOf<typeof SUBSCRIPTIONS> => ({
  user_id: userId,
  premium_until: subscription.premiumUntil,
  customer_id: subscription.customerId,
  plan_id: subscription.planId,
  subscription_id: subscription.subscriptionId,
  status: subscription.status,
  last_renewed_at: subscription.lastRenewedAt,
  next_renewal_at: subscription.nextRenewalAt,
  occurred_at: subscription.occurredAt ?? '-infinity',
});

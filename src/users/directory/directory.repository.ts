import { Injectable } from '@nestjs/common';
import type { Role } from '../../common/access/principal';
import { ListReader } from '../../database/list-reader';
import { ACCOUNT_COLUMNS, type Account, type AccountRow, toAccount } from '../account';
import { type ListOrder, ORDERS, type OrderPosition } from './list-order';
import { searchCondition } from './user-search';

/** Whom a list is of. */
export interface UserFilter {
  /** E-mail addresses and full names are searched too. */
  readonly searchesAll: boolean;
  readonly search?: string;
  readonly role?: Role;
  readonly isActive?: boolean;
  /** Nobody who has an address and has yet to verify it. */
  readonly isProven?: boolean;
}

export interface Slice {
  readonly order: ListOrder;
  readonly after: OrderPosition | null;
  readonly skip: number;
  readonly most: number;
}

export interface Listed {
  readonly account: Account;
  readonly position: OrderPosition;
}

export interface UserCounts {
  readonly total: number;
  readonly admins: number;
  readonly users: number;
  readonly guests: number;
  readonly active: number;
  readonly verified: number;
  readonly recent: number;
}

const COUNTS = `SELECT count(*)::int AS total,
    count(*) FILTER (WHERE role = 'admin')::int AS admins,
    count(*) FILTER (WHERE role = 'user')::int AS users,
    count(*) FILTER (WHERE role = 'guest')::int AS guests,
    count(*) FILTER (WHERE is_active)::int AS active,
    count(email_verified_at)::int AS verified,
    count(*) FILTER (WHERE created_at > $1)::int AS recent
  FROM users`;

/** Numbers values as they are met: `$1`, `$2` … */
class Parameters {
  readonly values: unknown[] = [];

  readonly add = (value: unknown): string => `$${this.values.push(value)}`;
}

/**
 * Lists, searches and counts users, as they were a moment ago; each order and the search have an
 * index made for them.
 */
@Injectable()
export class DirectoryRepository {
  constructor(private readonly reader: ListReader) {}

  /** Stable while rows come and go: `after` is a place in the order and not a row. */
  async list(filter: UserFilter, { order, after, skip, most }: Slice): Promise<Listed[]> {
    const { add, values } = new Parameters();
    const { key, sortedBy, isBehind } = ORDERS[order];
    const conditions = [...conditionsOf(filter, add), ...(after ? [isBehind(after, add)] : [])];
    // The join comes after the cut, or a far page would join all that lies before it.
    const rows = await this.reader.query<(AccountRow & { key: string | null })[]>(
      `SELECT ${ACCOUNT_COLUMNS}, ${key} AS key
       FROM (SELECT * FROM users u ${where(conditions)}
         ORDER BY ${sortedBy} LIMIT ${add(most)} OFFSET ${add(skip)}) u
       LEFT JOIN subscriptions p ON p.user_id = u.id
       ORDER BY ${sortedBy}`,
      values,
    );
    return rows.map((row) => ({ account: toAccount(row), position: [row.key, row.id] }));
  }

  /** Looks at every match: exact, and as slow as there are many. */
  async count(filter: UserFilter): Promise<number> {
    const { add, values } = new Parameters();
    const [row] = await this.reader.query<[{ count: number }]>(
      `SELECT count(*)::int AS count FROM users u ${where(conditionsOf(filter, add))}`,
      values,
    );
    return row.count;
  }

  /** Of all users, in one pass over the table. `recent`: made after `since`. */
  async counts(since: Date): Promise<UserCounts> {
    const [row] = await this.reader.query<[UserCounts]>(COUNTS, [since]);
    return row;
  }
}

const where = (conditions: readonly string[]): string =>
  conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';

function conditionsOf(
  { searchesAll, search, role, isActive, isProven }: UserFilter,
  add: Parameters['add'],
): string[] {
  return [
    ...(role === undefined ? [] : [`u.role = ${add(role)}`]),
    ...(isActive === undefined ? [] : [isActive ? 'u.is_active' : 'NOT u.is_active']),
    ...(isProven ? ['(u.email IS NULL OR u.email_verified_at IS NOT NULL)'] : []),
    ...(search === undefined ? [] : [searchCondition(search, searchesAll, add)]),
  ];
}

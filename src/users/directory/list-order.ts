import type { Position } from '../../common/http/pages';
import { isInstant } from '../../common/time/instant';

/** A leading `-` is for descending. */
export const LIST_ORDERS = [
  'created_at',
  '-created_at',
  'username',
  '-username',
  'last_login_at',
  '-last_login_at',
] as const;
export type ListOrder = (typeof LIST_ORDERS)[number];

/** The key by which a user is sorted, null for never, and their id. */
export type OrderPosition = readonly [key: string | null, id: string];

type Add = (value: unknown) => string;

interface Order {
  /** The key of a row of `users u`, as text that loses nothing. */
  readonly key: string;
  readonly sortedBy: string;
  readonly isBehind: (after: OrderPosition, add: Add) => string;
}

/** With microseconds, which a Date would cut off. */
const instant = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** A time and, where it is the same, the id. */
function byTime(key: string, expression: string, read: (parameter: string) => string) {
  return (direction: 'ASC' | 'DESC'): Order => ({
    key,
    sortedBy: `${expression} ${direction}, u.id ${direction}`,
    isBehind: ([time, id], add) =>
      `(${expression}, u.id) ${direction === 'ASC' ? '>' : '<'} (${read(add(time))}, ${add(id)}::uuid)`,
  });
}

/** Unique, so the id has nothing to add. */
const byUsername = (direction: 'ASC' | 'DESC'): Order => ({
  key: 'lower(u.username)',
  sortedBy: `lower(u.username) ${direction}`,
  isBehind: ([username], add) =>
    `lower(u.username) ${direction === 'ASC' ? '>' : '<'} ${add(username)}`,
});

const byCreation = byTime(
  instant('u.created_at'),
  'u.created_at',
  (parameter) => `${parameter}::timestamptz`,
);

/** Whoever never signed in did so before everybody else. The expression is that of the index. */
const byLastLogin = byTime(
  instant('u.last_login_at'),
  `coalesce(u.last_login_at, '-infinity'::timestamptz)`,
  (parameter) => `coalesce(${parameter}::timestamptz, '-infinity'::timestamptz)`,
);

export const ORDERS: Readonly<Record<ListOrder, Order>> = {
  created_at: byCreation('ASC'),
  '-created_at': byCreation('DESC'),
  username: byUsername('ASC'),
  '-username': byUsername('DESC'),
  last_login_at: byLastLogin('ASC'),
  '-last_login_at': byLastLogin('DESC'),
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LONGEST_USERNAME = 100;

const isUsername = (key: string): boolean =>
  key.length <= LONGEST_USERNAME && !key.includes('\0') && key.isWellFormed();

/** Whether a position, which anybody may have written, is one that Postgres takes in this order. */
export const isPositionIn =
  (order: ListOrder) =>
  (position: Position): position is OrderPosition => {
    const [key, id, ...more] = position;
    if (key === undefined || typeof id !== 'string' || !UUID.test(id) || more.length > 0)
      return false;
    if (key === null) return order.endsWith('last_login_at');
    return order.endsWith('username') ? isUsername(key) : isInstant(key);
  };

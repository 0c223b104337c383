import type { Principal } from '../common/access/principal';
import type { User } from './user.entity';

/** A user with what belongs to them in other tables, as one query reads it. */
export type Account = Readonly<User> & { readonly premiumUntil: Date | null };

/** The principal of a request together with the account that the same query read. */
export interface SignedInUser extends Principal {
  readonly account: Account;
}

/** Judged at the moment of reading: nothing has to run when it runs out. */
export const isPremium = ({ premiumUntil }: Pick<Account, 'premiumUntil'>, now: Date): boolean =>
  premiumUntil !== null && premiumUntil > now;

/** For queries that join `users u` and `subscriptions p`; `toAccount` reads the row. */
export const ACCOUNT_COLUMNS = `u.id, u.username, u.email, u.email_verified_at, u.password_hash,
  u.role, u.is_active, u.display_name, u.full_name, u.bio, u.avatar_url, u.niche_preference,
  u.locale, u.security_stamp, u.created_at, u.updated_at, u.last_login_at, p.premium_until`;

export const ACCOUNT_TABLES = 'users u LEFT JOIN subscriptions p ON p.user_id = u.id';

export interface AccountRow {
  readonly id: string;
  readonly username: string;
  readonly email: string | null;
  readonly email_verified_at: Date | null;
  readonly password_hash: string | null;
  readonly role: Account['role'];
  readonly is_active: boolean;
  readonly display_name: string | null;
  readonly full_name: string | null;
  readonly bio: string | null;
  readonly avatar_url: string | null;
  readonly niche_preference: string | null;
  readonly locale: string;
  readonly security_stamp: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_login_at: Date | null;
  readonly premium_until: Date | null;
}

export const toAccount = (row: AccountRow): Account => ({
  id: row.id,
  username: row.username,
  email: row.email,
  emailVerifiedAt: row.email_verified_at,
  passwordHash: row.password_hash,
  role: row.role,
  isActive: row.is_active,
  displayName: row.display_name,
  fullName: row.full_name,
  bio: row.bio,
  avatarUrl: row.avatar_url,
  nichePreference: row.niche_preference,
  locale: row.locale,
  securityStamp: row.security_stamp,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  lastLoginAt: row.last_login_at,
  premiumUntil: row.premium_until,
});

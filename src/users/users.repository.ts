import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { violatedUniqueIndex } from '../database/pg-errors';
import { type PreparedStatement, PreparedStatements } from '../database/prepared-statement';
import type { Tx } from '../database/unit-of-work';
import {
  ACCOUNT_COLUMNS,
  ACCOUNT_TABLES,
  type Account,
  type AccountRow,
  toAccount,
} from './account';
import { User } from './user.entity';
import { EmailTakenError, UsernameTakenError } from './users.errors';

export type Profile = Pick<
  User,
  'displayName' | 'fullName' | 'bio' | 'avatarUrl' | 'nichePreference'
>;

/** What `users.security_stamp` guards: a change to it is refused unless the stamp is still `seen`. */
type Guarded = Partial<Pick<User, 'passwordHash' | 'email' | 'emailVerifiedAt' | 'securityStamp'>>;

/**
 * Whether an active admin is left without this row of `users`. True for as long as `holdAdmins`
 * keeps the others from going at the same time.
 */
const LEAVES_AN_ADMIN = `(users.role <> 'admin' OR NOT users.is_active OR EXISTS (
  SELECT FROM users o WHERE o.role = 'admin' AND o.is_active AND o.id <> users.id))`;

const FIND_WHERE = `SELECT ${ACCOUNT_COLUMNS} FROM ${ACCOUNT_TABLES} WHERE`;
const FIND = {
  byId: { name: 'find_user', text: `${FIND_WHERE} u.id = $1` },
  byUsername: { name: 'find_username', text: `${FIND_WHERE} lower(u.username) = lower($1)` },
  byEmail: { name: 'find_email', text: `${FIND_WHERE} lower(u.email) = lower($1)` },
};

const RECORD_SIGN_IN = {
  name: 'record_sign_in',
  text: 'UPDATE users SET last_login_at = $2 WHERE id = $1 RETURNING id',
};

@Injectable()
export class UsersRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: PreparedStatements,
  ) {}

  findById(id: string): Promise<Account | null> {
    return this.find(FIND.byId, id);
  }

  /** Without regard to case. */
  findByUsername(username: string): Promise<Account | null> {
    return this.find(FIND.byUsername, username);
  }

  /** Without regard to case. */
  findByEmail(email: string): Promise<Account | null> {
    return this.find(FIND.byEmail, email);
  }

  /** Holds the row until the transaction ends: what is read here stays true in it. */
  lockById(tx: Tx, id: string): Promise<Account | null> {
    return this.lockWhere(tx, 'u.id = $1', id);
  }

  /** As `lockById`, without regard to case. */
  lockByEmail(tx: Tx, email: string): Promise<Account | null> {
    return this.lockWhere(tx, 'lower(u.email) = lower($1)', email);
  }

  /**
   * Keeps the user from being deleted until the transaction ends, and nobody from anything else;
   * false if they are gone.
   */
  async hold(tx: Tx, id: string): Promise<boolean> {
    const rows = await tx.query<unknown[]>('SELECT FROM users WHERE id = $1 FOR KEY SHARE', [id]);
    return rows.length === 1;
  }

  /**
   * One at a time from here to the end of the transaction: whoever would take an admin away counts
   * those who are left after the others have committed. To be taken before the row of a user.
   */
  async holdAdmins(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse.admins'))`);
  }

  async hasAdmin(): Promise<boolean> {
    return this.dataSource.getRepository(User).existsBy({ role: 'admin' });
  }

  /**
   * The indexes decide who is first: of N concurrent inserts of one name, one succeeds.
   * @throws UsernameTakenError, EmailTakenError; the username is judged first
   */
  async insert(tx: Tx, user: User): Promise<void> {
    await tx.insert(User, user).catch(refuseTaken);
  }

  /** As `insert`, but where a name is taken nothing happens. */
  async insertUnlessTaken(tx: Tx, user: User): Promise<void> {
    await tx
      .createQueryBuilder()
      .insert()
      .into(User)
      .values(user)
      .orIgnore()
      .updateEntity(false)
      .execute();
  }

  /** The id of whoever has this username, without regard to case. */
  async findHolder(tx: Tx, username: string): Promise<string | null> {
    const [row] = await tx.query<{ readonly id: string }[]>(
      'SELECT id FROM users WHERE lower(username) = lower($1)',
      [username],
    );
    return row?.id ?? null;
  }

  /** False if the user is gone. */
  async updateProfile(tx: Tx, id: string, profile: Partial<Profile>, now: Date): Promise<boolean> {
    const { affected } = await tx.update(User, { id }, { ...profile, updatedAt: now });
    return affected === 1;
  }

  /** Holds the row until the transaction ends; false if there is none any more. */
  async recordSignIn(tx: Tx, id: string, now: Date): Promise<boolean> {
    const rows = await this.statements.runIn(tx, RECORD_SIGN_IN, [id, now]);
    return rows.length === 1;
  }

  /** False if the hash is no longer the one that was seen: then somebody changed the password. */
  async replaceHash(tx: Tx, id: string, seen: string, passwordHash: string): Promise<boolean> {
    const { affected } = await tx.update(User, { id, passwordHash: seen }, { passwordHash });
    return affected === 1;
  }

  /**
   * One statement, so that of N concurrent changes made under the same stamp exactly one wins.
   * @throws EmailTakenError
   */
  async changeUnderStamp(
    tx: Tx,
    { id, securityStamp }: Pick<User, 'id' | 'securityStamp'>,
    change: Guarded,
    now: Date,
  ): Promise<boolean> {
    const { affected } = await tx
      .update(User, { id, securityStamp, isActive: true }, { ...change, updatedAt: now })
      .catch(refuseTaken);
    return affected === 1;
  }

  /** One statement: true for exactly one of N concurrent callers, and only while `email` is theirs. */
  async markEmailVerified(tx: Tx, id: string, email: string, now: Date): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(User)
      .set({ emailVerifiedAt: now, updatedAt: now })
      .where('id = :id AND is_active AND email = :email AND email_verified_at IS NULL', {
        id,
        email,
      })
      .execute();
    return affected === 1;
  }

  /** Gives an address to an account that has none. @throws EmailTakenError */
  async setFirstEmail(tx: Tx, id: string, email: string, now: Date): Promise<void> {
    await tx
      .createQueryBuilder()
      .update(User)
      .set({ email, emailVerifiedAt: now, updatedAt: now })
      .where('id = :id AND email IS NULL', { id })
      .execute()
      .catch(refuseTaken);
  }

  /**
   * Changes anything of a user that the caller has locked.
   * @throws UsernameTakenError, EmailTakenError; the username is judged first
   */
  async change(tx: Tx, id: string, change: Partial<User>): Promise<void> {
    await tx.update(User, { id }, change).catch(refuseTaken);
  }

  /**
   * As `change`, for one that makes somebody no longer an active admin. One statement: false if
   * they are the last. The caller has called `holdAdmins`.
   */
  async changeUnlessLastAdmin(tx: Tx, id: string, change: Partial<User>): Promise<boolean> {
    const { affected } = await tx
      .createQueryBuilder()
      .update(User)
      .set(change)
      .where(`id = :id AND ${LEAVES_AN_ADMIN}`, { id })
      .execute()
      .catch(refuseTaken);
    return affected === 1;
  }

  /**
   * Deletes the user and, with the row, what belongs to it in other tables. One statement: false if
   * they are gone, or the last active admin. For an admin the caller has called `holdAdmins`.
   */
  async removeUnlessLastAdmin(tx: Tx, id: string): Promise<boolean> {
    const [, removed] = await tx.query<[unknown, number]>(
      `DELETE FROM users WHERE users.id = $1 AND ${LEAVES_AN_ADMIN}`,
      [id],
    );
    return removed === 1;
  }

  private async lockWhere(tx: Tx, condition: string, value: string): Promise<Account | null> {
    const [row] = await tx.query<AccountRow[]>(
      `SELECT ${ACCOUNT_COLUMNS} FROM ${ACCOUNT_TABLES} WHERE ${condition} FOR UPDATE OF u`,
      [value],
    );
    return row ? toAccount(row) : null;
  }

  private async find(statement: PreparedStatement, value: string): Promise<Account | null> {
    const [row] = await this.statements.run<AccountRow>(statement, [value]);
    return row ? toAccount(row) : null;
  }
}

function refuseTaken(error: unknown): never {
  const index = violatedUniqueIndex(error);
  if (index === 'users_username_key') throw new UsernameTakenError();
  if (index === 'users_email_key') throw new EmailTakenError();
  throw error;
}

import { Injectable } from '@nestjs/common';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import type { Tx } from '../database/unit-of-work';
import type { Account } from './account';
import type { User } from './user.entity';
import { LastAdminError, UserNotFoundError } from './users.errors';
import { type Profile, UsersRepository } from './users.repository';

/** What somebody else may change of an account. What is absent stays. */
export interface AccountChange extends Partial<Profile> {
  readonly username?: string;
  readonly email?: string;
  readonly role?: Account['role'];
  readonly isActive?: boolean;
  /** Without it, a new address is not verified. */
  readonly isVerified?: boolean;
}

/** An account before and after a change; the same twice where all was so already. */
export interface Changed {
  readonly before: Account;
  readonly after: Account;
}

/** A change of these ends every session and every link, also of those that might revive. */
const STAMPED = ['email', 'role', 'isActive'] as const satisfies readonly (keyof User)[];

const isActiveAdmin = ({ role, isActive }: Pick<Account, 'role' | 'isActive'>): boolean =>
  role === 'admin' && isActive;

/** Changes accounts as their owners cannot. Who may do so, and who is told, lies above. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Makes the change, all of it or nothing; of N concurrent callers with the same one, one finds
   * something to change. The last active admin stays one, however many are changed at once.
   * @throws UserNotFoundError, UsernameTakenError, EmailTakenError, LastAdminError
   */
  async apply(tx: Tx, id: string, change: AccountChange): Promise<Changed> {
    // Before any row, so that all who wait for each other do so in one order.
    if (mayEndAnAdmin(change)) await this.users.holdAdmins(tx);
    const before = await this.users.lockById(tx, id);
    if (!before) throw new UserNotFoundError();
    const differences = differencesOf(before, wanted(before, change, this.clock.now()));
    if (Object.keys(differences).length === 0) return { before, after: before };
    const after = {
      ...differences,
      ...(STAMPED.some((name) => name in differences) && { securityStamp: this.random.uuid() }),
      updatedAt: this.clock.now(),
    };
    await this.write(tx, before, after);
    return { before, after: { ...before, ...after } };
  }

  private async write(tx: Tx, before: Account, change: Partial<User>): Promise<void> {
    const endsAnAdmin = isActiveAdmin(before) && !isActiveAdmin({ ...before, ...change });
    if (!endsAnAdmin) return this.users.change(tx, before.id, change);
    if (!(await this.users.changeUnlessLastAdmin(tx, before.id, change)))
      throw new LastAdminError();
  }
}

const mayEndAnAdmin = ({ role, isActive }: AccountChange): boolean =>
  (role !== undefined && role !== 'admin') || isActive === false;

/** Empty text clears a field; an absent one stays. */
const cleared = (profile: Partial<Profile>): Partial<Profile> =>
  Object.fromEntries(
    Object.entries(profile).map(([name, text]) => [name, text === undefined ? text : text || null]),
  );

/** What the row should hold; undefined for what it does already. */
function wanted(before: Account, change: AccountChange, now: Date): Partial<User> {
  const { username, email, role, isActive, isVerified, ...profile } = change;
  const isMoved = email !== undefined && email !== before.email;
  const proof = isMoved ? null : before.emailVerifiedAt;
  return {
    ...cleared(profile),
    username,
    email,
    role,
    isActive,
    emailVerifiedAt: isVerified === false ? null : isVerified ? (proof ?? now) : proof,
  };
}

const differencesOf = (before: Account, row: Partial<User>): Partial<User> =>
  Object.fromEntries(
    Object.entries(row).filter(
      ([name, value]) => value !== undefined && value !== before[name as keyof Account],
    ),
  );

import { Injectable } from '@nestjs/common';
import type { Role } from '../common/access/principal';
import { tidyEmail } from '../common/http/fields';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { type Tx, UnitOfWork } from '../database/unit-of-work';
import type { Account } from './account';
import { LastAdminError, UserNotFoundError, UsernameTakenError } from './users.errors';
import { ReservedUsernames } from './reserved-usernames.repository';
import { type Profile, UsersRepository } from './users.repository';

export interface NewUser {
  readonly username: string;
  readonly email: string | null;
  readonly passwordHash: string | null;
  readonly fullName?: string | null;
  readonly avatarUrl?: string | null;
  readonly role?: Role;
  readonly isEmailVerified?: boolean;
}

/** Whose address one is after a sign-up with it: the new user's, or that of whoever had it before. */
export interface AddressOwner {
  readonly account: Account;
  readonly isNew: boolean;
}

/** Finds, makes and changes users. Knows nothing of passwords in the clear, tokens or mails. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly reserved: ReservedUsernames,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  findById(id: string): Promise<Account | null> {
    return this.users.findById(id);
  }

  findByEmail(email: string): Promise<Account | null> {
    return this.users.findByEmail(email);
  }

  /** By username or e-mail address: a username cannot hold an `@`. */
  findByLoginName(name: string): Promise<Account | null> {
    return name.includes('@')
      ? this.users.findByEmail(tidyEmail(name))
      : this.users.findByUsername(name);
  }

  /** The account, held until the transaction ends: what is read stays true in it. */
  lockById(tx: Tx, id: string): Promise<Account | null> {
    return this.users.lockById(tx, id);
  }

  lockByEmail(tx: Tx, email: string): Promise<Account | null> {
    return this.users.lockByEmail(tx, email);
  }

  /** Whether the user exists, and they go on existing until the transaction ends. */
  hold(tx: Tx, id: string): Promise<boolean> {
    return this.users.hold(tx, id);
  }

  /**
   * As `lockById`, for somebody who is about to be deleted: of N concurrent callers one gets the
   * account and the others, after its transaction, null. Of all users one goes at a time, because
   * only the row tells whether it is an admin's, and the rows come after that lock everywhere.
   */
  async lockForRemoval(tx: Tx, id: string): Promise<Account | null> {
    await this.users.holdAdmins(tx);
    return this.users.lockById(tx, id);
  }

  /**
   * Deletes a user that `lockForRemoval` holds, with sessions, identities and subscription.
   * @throws LastAdminError
   */
  async remove(tx: Tx, id: string): Promise<void> {
    if (!(await this.users.removeUnlessLastAdmin(tx, id))) throw new LastAdminError();
  }

  hasAdmin(): Promise<boolean> {
    return this.users.hasAdmin();
  }

  /** @throws UsernameTakenError, EmailTakenError */
  async create(tx: Tx, user: NewUser): Promise<Account> {
    const row = this.rowOf(user);
    await this.users.insert(tx, row);
    return { ...row, premiumUntil: null };
  }

  /**
   * As `create`, for a sign-up that must not tell whether the address is taken: with a free one and
   * a taken one it runs the same statements, and leaves the username taken. Null if whoever had the
   * address was deleted meanwhile: then it is free.
   * @throws UsernameTakenError, whether or not the address is taken
   */
  async createUnseen(tx: Tx, user: NewUser & { email: string }): Promise<AddressOwner | null> {
    const isReserved = await this.isReserved(tx, user.username);
    const row = this.rowOf(user);
    await this.users.insertUnlessTaken(tx, row);
    const holder = await this.users.findHolder(tx, user.username);
    // Not before: a reserved name costs what a user's costs.
    if (isReserved || (holder !== null && holder !== row.id)) throw new UsernameTakenError();
    const account = await this.users.lockByEmail(tx, user.email);
    if (!account) return null;
    await this.reserved.reserveUnlessUser(tx, user.username, row.id, this.clock.now());
    return { account, isNew: account.id === row.id };
  }

  /**
   * Whether `createUnseen` took this username for an address that was taken. It takes it for nobody
   * else until the transaction ends.
   */
  isReserved(tx: Tx, username: string): Promise<boolean> {
    return this.reserved.holds(tx, username);
  }

  /**
   * Empty text clears a field; an absent field stays. Answers with the account as it is then.
   * @throws UserNotFoundError if they were deleted meanwhile
   */
  async updateProfile(account: Account, profile: Partial<Profile>): Promise<Account> {
    const change = Object.fromEntries(
      Object.entries(profile)
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => [field, value || null]),
    );
    const now = this.clock.now();
    await this.unitOfWork.run(async (tx) => {
      if (!(await this.users.updateProfile(tx, account.id, change, now)))
        throw new UserNotFoundError();
    });
    return (await this.users.findById(account.id)) ?? account;
  }

  /** Holds the user until the transaction ends; false if they are gone. */
  recordSignIn(tx: Tx, id: string): Promise<boolean> {
    return this.users.recordSignIn(tx, id, this.clock.now());
  }

  /** Stores a newer hash of the same password; ends no session. */
  replaceHash(tx: Tx, id: string, seen: string, passwordHash: string): Promise<boolean> {
    return this.users.replaceHash(tx, id, seen, passwordHash);
  }

  /**
   * Sets a new password and with it a new security stamp: every session and link made before is
   * void. Returns the new stamp, or null if `seen` was changed meanwhile (or disabled).
   */
  async setPassword(
    tx: Tx,
    seen: Pick<Account, 'id' | 'securityStamp' | 'emailVerifiedAt'>,
    passwordHash: string,
    { provesEmail = false } = {},
  ): Promise<string | null> {
    const securityStamp = this.random.uuid();
    const now = this.clock.now();
    const proof = provesEmail && { emailVerifiedAt: seen.emailVerifiedAt ?? now };
    const change = { passwordHash, securityStamp, ...proof };
    const done = await this.users.changeUnderStamp(tx, seen, change, now);
    return done ? securityStamp : null;
  }

  /**
   * Moves the account to an address that its owner has just proven, under a new security stamp.
   * Returns the new stamp, or null if `seen` was changed meanwhile.
   * @throws EmailTakenError
   */
  async setEmail(
    tx: Tx,
    seen: Pick<Account, 'id' | 'securityStamp'>,
    email: string,
  ): Promise<string | null> {
    const securityStamp = this.random.uuid();
    const now = this.clock.now();
    const change = { email, emailVerifiedAt: now, securityStamp };
    return (await this.users.changeUnderStamp(tx, seen, change, now)) ? securityStamp : null;
  }

  /**
   * Hands an account that never verified its address to the one who has just proven it: the
   * password is gone and every session and link is void. Answers with the account as it is then,
   * or null if `seen` was changed meanwhile.
   */
  async reclaim(tx: Tx, seen: Account): Promise<Account | null> {
    const now = this.clock.now();
    const change = { passwordHash: null, emailVerifiedAt: now, securityStamp: this.random.uuid() };
    const done = await this.users.changeUnderStamp(tx, seen, change, now);
    return done ? { ...seen, ...change } : null;
  }

  /** Gives a proven address to an account that has none. @throws EmailTakenError */
  setFirstEmail(tx: Tx, id: string, email: string): Promise<void> {
    return this.users.setFirstEmail(tx, id, email, this.clock.now());
  }

  /** True for exactly one of N concurrent callers; false if verified already or no longer theirs. */
  markEmailVerified(tx: Tx, id: string, email: string): Promise<boolean> {
    return this.users.markEmailVerified(tx, id, email, this.clock.now());
  }

  private rowOf(user: NewUser): Omit<Account, 'premiumUntil'> {
    const now = this.clock.now();
    return {
      id: this.random.id(),
      username: user.username,
      email: user.email,
      emailVerifiedAt: user.isEmailVerified ? now : null,
      passwordHash: user.passwordHash,
      role: user.role ?? 'user',
      isActive: true,
      displayName: null,
      fullName: user.fullName || null,
      bio: null,
      avatarUrl: user.avatarUrl ?? null,
      nichePreference: null,
      locale: 'en',
      securityStamp: this.random.uuid(),
      createdAt: now,
      updatedAt: now,
      lastLoginAt: null,
    };
  }
}

import { Injectable } from '@nestjs/common';
import type { Role } from '../common/access/principal';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { type Tx, UnitOfWork } from '../database/unit-of-work';
import type { Account } from './account';
import { type Profile, UsersRepository } from './users.repository';

export interface NewUser {
  readonly username: string;
  readonly email: string | null;
  readonly passwordHash: string | null;
  readonly fullName?: string | null;
  readonly role?: Role;
  readonly isEmailVerified?: boolean;
}

/** Finds, makes and changes users. Knows nothing of passwords in the clear, tokens or mails. */
@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
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
    return name.includes('@') ? this.users.findByEmail(name) : this.users.findByUsername(name);
  }

  hasAdmin(): Promise<boolean> {
    return this.users.hasAdmin();
  }

  /** @throws UsernameTakenError, EmailTakenError */
  async create(tx: Tx, user: NewUser): Promise<Account> {
    const now = this.clock.now();
    const row = {
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
      avatarUrl: null,
      nichePreference: null,
      locale: 'en',
      securityStamp: this.random.uuid(),
      createdAt: now,
      updatedAt: now,
      lastLoginAt: null,
    } as const;
    await this.users.insert(tx, row);
    return { ...row, premiumUntil: null };
  }

  /** Empty text clears a field; an absent field stays. Answers with the account as it is then. */
  async updateProfile(account: Account, profile: Partial<Profile>): Promise<Account> {
    const change = Object.fromEntries(
      Object.entries(profile)
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => [field, value || null]),
    );
    const now = this.clock.now();
    await this.unitOfWork.run((tx) => this.users.updateProfile(tx, account.id, change, now));
    return (await this.users.findById(account.id)) ?? account;
  }

  recordSignIn(tx: Tx, id: string): Promise<void> {
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
    seen: Pick<Account, 'id' | 'securityStamp'>,
    passwordHash: string,
    proof?: { readonly emailVerifiedAt: Date },
  ): Promise<string | null> {
    const securityStamp = this.random.uuid();
    const change = { passwordHash, securityStamp, ...proof };
    const done = await this.users.changeUnderStamp(tx, seen, change, this.clock.now());
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

  /** True for exactly one of N concurrent callers; false if verified already or no longer theirs. */
  markEmailVerified(tx: Tx, id: string, email: string): Promise<boolean> {
    return this.users.markEmailVerified(tx, id, email, this.clock.now());
  }
}
